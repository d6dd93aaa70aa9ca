"""How much light a detector collects, and where its charge centre lies: what is fitted to simulated events of known truth."""

from dataclasses import dataclass

from core.errors import DarkroomError
from core.parameters import param


@dataclass(frozen=True)
class Response:
    """Constants that turn charge into energy and the charge centre into a vertex.

    Defaults are those of our own simulation at JUNO's size; the analysis `response` fits them to any simulated data set.
    """

    light_yield_pe_per_mev: float = param(
        1362.0, "photoelectrons per MeV at the centre", unit="pe/MeV", low=1, high=1e5
    )
    centre_k: float = param(
        1.24, "distance of an event from the centre over that of its charge centre", low=0.5, high=5
    )
    radius_m: tuple[float, ...] = param(
        (0.0, 4.0, 8.0, 10.0, 12.0, 14.0, 15.0, 15.3, 15.6, 16.0, 16.5, 17.0, 17.7), "radii at which the light is given", unit="m",
        low=0, high=100,
    )  # fmt: skip
    light: tuple[float, ...] = param(
        (1.0, 1.0093, 1.0389, 1.0629, 1.0951, 1.1383, 1.166, 1.1754, 1.1854, 0.9972, 0.842, 0.7482, 0.6543),
        "light at these radii over that at the centre",
        low=0.01,
        high=10,
    )
    dark_rate_khz: float = param(30.0, "rate of dark hits of a sensor; 0: none", unit="kHz", low=0, high=1e4)

    def check(self) -> None:
        if len(self.radius_m) != len(self.light) or list(self.radius_m) != sorted(set(self.radius_m)):
            raise DarkroomError(
                f"radius_m holds {len(self.radius_m)} numbers and light {len(self.light)}: expected as many, and radii that ascend."
            )


RESPONSE = Response()
