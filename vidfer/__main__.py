"""`python -m vidfer` is `vidfer`."""

from vidfer.cli import main

if __name__ == "__main__":
    main()
