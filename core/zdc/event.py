"""The identity of a shower, its particle, and what was simulated of it."""

from core.data.dataset import Dataset
from core.data.uid import Uid

UID = Uid("shower", "run.number", "0.12", bits={"run": 23, "number": 40})
PARTICLES = {11: "e-", -11: "e+", 22: "photon", -211: "pi-", 211: "pi+"}


def row_facts(dataset: Dataset, row: int) -> dict[str, str]:
    """What is known of the particle that made a shower, as far as the file tells."""
    forms = {"true_energy_gev": "{:.4g} GeV", "impact_x_mm": "{:.2f} mm", "impact_y_mm": "{:.2f} mm"}
    titles = {"true_energy_gev": "energy", "impact_x_mm": "impact x", "impact_y_mm": "impact y"}
    facts = {
        titles[name]: form.format(float(dataset.column(name)[row]))
        for name, form in forms.items()
        if dataset.defines(name)
    }
    particle = int(dataset.column("particle")[row])
    return ({"particle": PARTICLES.get(particle, f"PDG {particle}")} if particle else {}) | facts
