"""What slides 003 print (Birkenfeld: Deep Learning with JUNO, JUNO DFG meeting, September 2017). Nothing is added.

Their results stand in pictures: neither an accuracy nor an area nor an efficiency is printed.
"""

STEPS = {
    "channels, slide 'PMT data'": "PMT hit times, mean hit time, charge",
    "channels, slide 'Example event'": "first hit time, mean hit time, stddev hit times",
    "projection": "(theta, phi) space",
    "rotation": "each image to its center of mass",
    "squeeze": "shift pixel together, phi bins",
    "where the event is": "always in the center of the image",
    "empty bins": "none between pixel",
}
EXAMPLE_MEV = 5
N_EVENTS, N_TRAINED = 3_600_000, 100_000
SPREAD = "uniform distributed"
TRAINING: dict[str, str] = {
    "base": "ResNet 50",
    "weights": "high performing pretrained net",
    "loss": "categorical cross entropy",
}
NOT_PRINTED = (
    "energies of the 3.6 million events", "PMT table and size of the image", "range and normalisation of the channels", "which layers are trained",
    "optimizer, learning rate, batch size, epochs", "division into training, validation and test", "accuracy, area or efficiency, e+/e-",
    "accuracy, area or efficiency, mu/e",
)  # fmt: skip
MUE = "bug in the program; ResNet 50 not able to distinguish shape differences"
