"""Evaluation: which representation and which recommender suit this archive, with honest uncertainty."""
