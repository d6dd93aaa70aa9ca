"""The least losses of MASK and VALUE that a network can reach which knows the energy only: what of a shower the energy does not tell.

Cross-entropy of MASK: the mean entropy of each cell at that energy. Squared distance of VALUE: its variance there. Both by
neighbours in energy of the training sample; a straight line in the energy is taken out of VALUE in each group.
"""

import numpy as np

GROUP = 200  # showers of about the same energy


def floors(mask: np.ndarray, value: np.ndarray, energy: np.ndarray) -> dict[str, float]:
    """`mask_loss` and `value_loss` of masks (n, n_y, n_x), standardised values (n, n_cells) and energies (n,).

    Entropies are corrected for the size of the groups (Miller and Madow). Empty with fewer showers than a group.
    """
    n = len(energy)
    if n < GROUP:
        return {}
    order = np.argsort(energy)
    entropies, variances = [], []
    for group in np.array_split(order, n // GROUP):
        is_hit, m = mask[group].reshape(len(group), -1).mean(axis=0), len(group)
        is_open = (is_hit > 0) & (is_hit < 1)
        p = np.where(is_open, is_hit, 0.5)
        entropy = np.where(is_open, -p * np.log(p) - (1 - p) * np.log(1 - p) + 0.5 / m, 0.0)
        entropies.append(entropy.mean())
        x, y = energy[group] - energy[group].mean(), value[group] - value[group].mean(axis=0)
        slope = x @ y / max(float(x @ x), 1e-12)
        variances.append(((y - np.outer(x, slope)) ** 2).sum(axis=0).mean() / (m - 2))
    return {"mask_loss": float(np.mean(entropies)), "value_loss": float(np.mean(variances))}
