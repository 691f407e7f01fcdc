"""Write an ELAN file per video, with a tier per track that holds its episodes.

python examples/export_for_elan.py OUT FOLDER

OUT is a folder that `vidfer analyze -o OUT` wrote. Open an .eaf file in ELAN, name the video
when it asks, and correct what the network got wrong; `vidfer.compare` tells how well both agree.
"""

import sys

import vidfer


def main(output: str, folder: str) -> None:
    """Export calm, clear episodes only."""
    files = vidfer.export(output, format="elan", to=folder, enter=0.6, min_duration_s=0.5)
    episodes = vidfer.episodes(output, enter=0.6, min_duration_s=0.5).collect()
    for file in files:
        print(file)
    print(f"{len(files)} files, {len(episodes)} episodes")


if __name__ == "__main__":
    main(*sys.argv[1:])
