"""The search of a datastore, compiled: it needs no threads, and no copy of the keys."""

import numpy as np

from translator.models.marian.kernel_cache import compiled

__all__ = ["nearest"]


@compiled()
def nearest(outputs, keys, places, lengths, indices, distances):
    """The keys nearest to each output, the first of equal ones first.

    Args:
        outputs: int8 [R, D].
        keys: int8 [N, D].
        places: int64 [n], those of the keys that are looked at.
        lengths: float64 [N], the Euclidean lengths of the keys.
        indices: int64 [R, k], k <= n; is filled with indices of places.
        distances: float64 [R, k]; is filled with one less the cosine.
    """
    num_found = indices.shape[1]
    for row in range(outputs.shape[0]):
        square = np.int32(0)
        for d in range(outputs.shape[1]):
            square += np.int32(outputs[row, d]) * np.int32(outputs[row, d])
        length = max(np.sqrt(np.float64(square)), 1.0)
        count = 0
        for index in range(places.shape[0]):
            key = places[index]
            product = np.int32(0)
            for d in range(outputs.shape[1]):
                product += np.int32(outputs[row, d]) * np.int32(keys[key, d])
            distance = 1 - product / (length * lengths[key])
            if count == num_found and distance >= distances[row, count - 1]:
                continue
            if count < num_found:
                count += 1
            at = count - 1
            while at > 0 and distances[row, at - 1] > distance:
                indices[row, at] = indices[row, at - 1]
                distances[row, at] = distances[row, at - 1]
                at -= 1
            indices[row, at] = index
            distances[row, at] = distance
