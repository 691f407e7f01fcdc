"""What `benchmarks/paper_questions.py` is made of: variants, their data, results, tables."""
