"""The networks that generate showers. keras is imported inside the builders only."""

from typing import Any

from core.learn.network import Network, Record
from core.learn.tasks.generate import Generate
from core.zdc.grid import Grid
from core.zdc.networks import autoregressive, flow, gan, library, planes, shared, slides, unet, vae
from core.zdc.recipe import CONDITIONS, ENERGY, Folded, Planes

RECORD = Record("20 x 20 cells of 30 mm", geometry=Grid().arrays())
MEV = "MeV"
N_SEED = 2  # numbers of the noise that seed what is drawn
SMOOTH: dict[str, Any] = {"decay": True, "beta_1": 0.9, "warmup_steps": 200, "clip_norm": 5.0}


def folded(parameters: Folded) -> Folded:
    """The recipe of a network of the impact's frame."""
    return Folded(conditions=parameters.conditions)


def as_planes(parameters: Planes) -> Planes:
    """The recipe of a network of MASK and VALUE images."""
    return Planes(conditions=parameters.conditions)


_IMAGES: dict[str, Any] = {"recipe_for": as_planes, "record": RECORD, "layers": "core.zdc.networks.layers"}
_SLIDES: dict[str, Any] = {
    **_IMAGES, "parameters": slides.Parameters,
    "task": Generate((ENERGY,), parts=slides.PARTS, unit=MEV), "adapt": planes.adapt, "sampler": slides.sampler, "exported": slides.exported,
    "training": {"batch_size": 128, "epochs": 20, "learning_rate": 1e-3, "beta_1": 0.9},
}  # fmt: skip
_FOLDED: dict[str, Any] = {"recipe_for": folded, "record": RECORD, "layers": "core.zdc.networks.layers"}
NETWORKS = {
    "compact": Network(
        title="Autoregressive: cell after cell from the impact outwards",
        parameters=autoregressive.Parameters, build=autoregressive.build, sampler=autoregressive.sampler, adapt=shared.adapt,
        task=Generate(CONDITIONS, noise=N_SEED, parts=autoregressive.PARTS, unit=MEV), cpu_events_per_s=9000.0,
        training={"batch_size": 500, "epochs": 13, "learning_rate": 2e-3, **SMOOTH}, **_FOLDED,
    ),
    "flow": Network(
        title="Flow matching of the core", parameters=flow.Parameters, build=flow.build, sampler=flow.sampler, adapt=shared.adapt,
        task=Generate(CONDITIONS, noise=flow.N_NOISE, parts=flow.PARTS, unit=MEV), cpu_events_per_s=10_000.0,
        training={"batch_size": 500, "epochs": 30, "learning_rate": 2e-3, **SMOOTH}, **_FOLDED,
    ),
    "vae": Network(
        title="Conditional variational autoencoder of the core", parameters=vae.Parameters, build=vae.build, sampler=vae.sampler,
        adapt=shared.adapt, task=Generate(CONDITIONS, noise=vae.N_NOISE, parts=vae.PARTS, unit=MEV), cpu_events_per_s=15_000.0,
        training={"batch_size": 500, "epochs": 20, "learning_rate": 2e-3, **SMOOTH}, **_FOLDED,
    ),
    "gan": Network(
        title="Adversarial network of the core with latent noise", parameters=gan.Parameters, build=gan.build, sampler=gan.sampler,
        adapt=shared.adapt, task=Generate(CONDITIONS, noise=gan.N_NOISE, parts=gan.PARTS, unit=MEV), cpu_events_per_s=7000.0,
        training={"batch_size": 500, "epochs": 40, "learning_rate": 3e-4, "beta_1": 0.5, "decay": True}, **_FOLDED,
    ),
    "library": Network(
        title="Library: stored showers, looked up, turned and scaled", parameters=library.Parameters, build=library.build,
        sampler=library.sampler, adapt=library.adapt, task=Generate(CONDITIONS, noise=N_SEED, parts=library.PARTS, unit=MEV),
        cpu_events_per_s=12_000.0, training={"batch_size": 500, "epochs": 2, "learning_rate": 2e-3, **SMOOTH}, **_FOLDED,
    ),
    "unet": Network(
        title="Flow matching of images by a small U-Net, for a GPU", parameters=unet.Parameters, build=unet.build, sampler=unet.sampler,
        adapt=unet.adapt, task=Generate(CONDITIONS, noise=unet.N_NOISE, parts=unet.PARTS, unit=MEV), cpu_events_per_s=250.0,
        training={"batch_size": 256, "epochs": 50, "learning_rate": 1e-3, **SMOOTH}, **_IMAGES,
    ),
    "default": Network(title="Slides: Default, MASK and VALUE from the energy", build=slides.default, cpu_events_per_s=180.0, **_SLIDES),
    "extended2": Network(title="Slides: Extended 2, deeper and with dropout", build=slides.extended2, cpu_events_per_s=120.0, **_SLIDES),
}  # fmt: skip
