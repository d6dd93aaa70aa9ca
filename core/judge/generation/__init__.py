"""How good generated rows are: judged beside rows of the truth that nobody trained on."""
