"""What taskmill costs and how far it goes, in counts and ratios taken in one run."""
