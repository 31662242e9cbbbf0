"""The theorems as executable claims: `python -m proofs_numeric` runs them all.

One file a statement, `<paper>_<slug>.py`, each with one `Claim`.
"""
