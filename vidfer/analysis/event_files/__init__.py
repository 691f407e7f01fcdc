"""Files of events in the forms that people have them: tables, subtitles, annotations."""
