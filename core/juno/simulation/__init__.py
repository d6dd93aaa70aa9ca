"""How particles deposit energy in liquid scintillator, and how its light becomes hits of PMTs."""
