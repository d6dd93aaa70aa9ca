"""What slides 002 print (Bernal, Stalder, Molina: Fast Machine Learning for Science, December 2020). Nothing is added.

Their classes and their results stand in pictures: there is no count and no efficiency to compare with.
"""

CLASSES = ("Muon Sure", "worms", "Spot", "Muon Unsure", "Bad Pixel", "Undefined", "Segmentation errors")
"""In the order of `core.connie.labels.classes.FINE`."""

LAYERS = (
    ("1", "Convolution", "64", "3×3", "Leaky ReLU", "-"),
    ("2", "Convolution", "64", "3×3", "Leaky ReLU", "-"),
    ("3", "Max Pooling", "-", "2×2", "-", "0.2"),
    ("4", "Convolution", "128", "3×3", "Leaky ReLU", "-"),
    ("5", "Convolution", "128", "3×3", "Leaky ReLU", "-"),
    ("6", "Max Pooling", "-", "2×2", "-", "0.2"),
    ("7", "Convolution", "256", "3×3", "Leaky ReLU", "-"),
    ("8", "Convolution", "256", "3×3", "Leaky ReLU", "-"),
    ("9", "Max Pooling", "-", "2×2", "-", "0.2"),
    ("10", "Convolution", "512", "3×3", "Leaky ReLU", "-"),
    ("11", "Convolution", "512", "3×3", "Leaky ReLU", "-"),
    ("12", "Max Pooling", "-", "2×2", "-", "0.2"),
    ("9", "Dense", "2048", "-", "Leaky ReLU", "0.4"),
    ("10", "Dense", "2048", "-", "Leaky ReLU", "0.4"),
    ("11", "Dense", "4", "-", "softmax", "-"),
)
"""Number, layer, features, size, activation, dropout; the numbers 9 to 11 stand twice."""
COLUMNS = ("features", "size", "activation", "dropout")

SETTINGS: dict[str, str | int] = {
    "optimizer": "adam",
    "loss": "categorical_crossentropy",
    "epochs": 200,
    "batch size": 64,
}
STEPS = ("read the .fits", "remove the negative values", "resize", "logarithmic scale", "normalize it to 0-255")
VARIANTS = {
    "A": "64x64, 3 classes, not logarithmic",
    "B": "64x64, 6 classes",
    "C": "64x64 padd, 3 classes",
    "D": "64x64, 3 classes",
    "E": "128 x 128, 3 classes",
}
TECHNICAL = {
    "library": "TensorFlow 2",
    "interface": "Keras api",
    "language": "Python 3.6",
    "hardware": "NVIDIA GeForce RTX2080 ti (11GB RAM)",
}
"""The lines of the slide "Technical data"; the names of the lines are ours."""
