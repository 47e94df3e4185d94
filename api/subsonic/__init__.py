"""A thin adapter for players that speak OpenSubsonic: what sounds alike, and how to hear it.

https://opensubsonic.netlify.app/docs/extensions/sonicsimilarity/
"""
