"""The loops of a sparse autoencoder that no library has fused, compiled for the CPU.

Selection of the top k, reconstruction with its gradient, and Adam, each in one pass over its
rows. They know arrays only; every loop reads and writes rows that no other call touches, so
callers may run them on slices in threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_PASSES = 24  # values that are removed one by one rather than by sorting
_BLOCK = 8  # latents tested against the threshold at once
# Sums may be reordered, but what is not a number stays that.
compiled: Any = njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})


@compiled
def kth_largest(values, n, k):
    """Return the k-th largest of the first n values, which are left partly sorted."""
    low, high, wanted = 0, n - 1, k - 1
    while low < high:
        pivot = values[(low + high) // 2]
        left, right = low, high
        while left <= right:
            while values[left] > pivot:
                left += 1
            while values[right] < pivot:
                right -= 1
            if left <= right:
                values[left], values[right] = values[right], values[left]
                left += 1
                right -= 1
        if wanted <= right:
            high = right
        elif wanted >= left:
            low = left
        else:
            break
    return values[wanted]


@compiled
def lower_bound(row, bias, k, tops):
    """Return a number that at least k pre-activations of a cell reach, and few more.

    The latents are dealt into `tops.size` lanes; the k-th largest of the lanes' maxima is
    reached by one latent of k lanes. Maxima of lanes are what processors do best.
    """
    n_lanes, n_latents = tops.size, row.size
    for lane in range(n_lanes):
        tops[lane] = row[lane] + bias[lane]
    start = n_lanes
    while start + n_lanes <= n_latents:
        part, shift = row[start : start + n_lanes], bias[start : start + n_lanes]
        for lane in range(n_lanes):
            value = part[lane] + shift[lane]
            tops[lane] = value if value > tops[lane] else tops[lane]
        start += n_lanes
    for lane in range(n_latents - start):
        value = row[start + lane] + bias[start + lane]
        tops[lane] = value if value > tops[lane] else tops[lane]
    return kth_largest(tops, n_lanes, k)


@compiled
def at_least(row, bias, threshold, columns, values):
    """Write the positive latents of a cell from `threshold` on, ascending; return how many."""
    n_latents = row.size
    whole = n_latents - n_latents % _BLOCK
    found = 0
    for start in range(0, whole, _BLOCK):
        top = row[start] + bias[start]
        for i in range(start + 1, start + _BLOCK):
            value = row[i] + bias[i]
            top = value if value > top else top
        if top >= threshold:
            for i in range(start, start + _BLOCK):
                value = row[i] + bias[i]
                columns[found] = i
                values[found] = value
                found += (value >= threshold) & (value > 0)
    for i in range(whole, n_latents):
        value = row[i] + bias[i]
        columns[found] = i
        values[found] = value
        found += (value >= threshold) & (value > 0)
    return found


@compiled
def cut_of(values, n, k, scratch):
    """Return the k-th largest of n > k values, and how many equal to it are among the k.

    Where few have to go the smallest are found one after the other, by passes without a
    branch that a processor would guess wrongly; else by partial sorting.
    """
    if n - k > _PASSES:
        for i in range(n):
            scratch[i] = values[i]
        smallest = kth_largest(scratch, n, k)
        ties = k
        for i in range(n):
            ties -= values[i] > smallest
        return smallest, ties
    infinity = values.dtype.type(np.inf)
    smallest, above = -infinity, n
    while above > k:
        lowest = infinity
        for i in range(n):
            value = values[i] if values[i] > smallest else infinity
            lowest = value if value < lowest else lowest
        above = 0
        for i in range(n):
            above += values[i] > lowest
        smallest = lowest
    return smallest, k - above


@compiled
def select_top_k(products, bias, k, columns, values, counts):
    """Keep the k largest positive pre-activations of each cell; of equal ones the lower index.

    Parameters
    ----------
    products : (n_cells, n_latents), cells times encoder; `bias` (n_latents,) is still to add.
    columns, values : (n_cells, k), written: latents in ascending order, and their values.
    counts : (n_cells,), written: how many of a cell's k places are in use.
    """
    n_cells, n_latents = products.shape
    candidates = np.empty(n_latents + 1, columns.dtype)
    kept, scratch = np.empty((2, n_latents + 1), values.dtype)
    # More lanes leave fewer to sort out, and cost more to sort.
    tops = np.empty(min(n_latents, max(2 * k, min(4 * k, 64))), values.dtype)
    for cell in range(n_cells):
        row = products[cell]
        found = at_least(row, bias, lower_bound(row, bias, k, tops), candidates, kept)
        counts[cell] = min(found, k)
        limit, ties = row[0] * 0, 0
        if found > k:
            limit, ties = cut_of(kept, found, k, scratch)
        place = i = 0
        while place < k and i < found:
            columns[cell, place] = candidates[i]
            values[cell, place] = kept[i]
            equal = (kept[i] == limit) & (ties > 0)
            place += (kept[i] > limit) | equal
            ties -= equal
            i += 1


@compiled
def add_prefixes(x, decoder, bounds, columns, values, residual):
    """Write x_hat - x of one cell for each prefix, and return the squared length of the last.

    Parameters
    ----------
    columns, values : the active latents of the cell, ascending.
    residual : (n_prefixes, d_embedding), written.
    """
    n_dims, entry = x.size, 0
    for group in range(bounds.size):
        row = residual[group]
        for i in range(n_dims):
            row[i] = -x[i] if group == 0 else residual[group - 1, i]
        while entry < columns.size and columns[entry] < bounds[group]:
            direction, value = decoder[columns[entry]], values[entry]
            for i in range(n_dims):
                row[i] += value * direction[i]
            entry += 1
    last = residual[bounds.size - 1]
    error = x[0] * 0
    for i in range(n_dims):
        error += last[i] * last[i]
    return error


@compiled
def rebuild(
    cells, decoder, bounds, columns, values, starts, stops, residual, slopes, groups, errors
):
    """Rebuild cells from their active latents; write residuals and the slopes of the loss.

    For nested prefixes of the latents (one prefix, all of them, for a plain autoencoder) the
    loss of a cell is the sum over prefixes p of |x_hat_p - x|^2, where x_hat_p uses the latents
    below its bound. A latent of group g is in the prefixes from g on.

    Parameters
    ----------
    cells : (n_cells, d_embedding)
    decoder : (n_latents, d_embedding)
    bounds : (n_prefixes,) ascending, the last is n_latents.
    columns, values : flat; cell i holds entries starts[i] to stops[i], latents ascending.
    residual : (n_cells, n_prefixes, d_embedding), written: sum over p >= g of x_hat_p - x.
    slopes : flat like `values`, written: half the derivative of the loss by the activation.
    groups : flat like `values`, written: the group of each entry.
    errors : (n_cells,), written: |x_hat - x|^2 with all latents.
    """
    n_cells, n_dims = cells.shape
    for cell in range(n_cells):
        start, stop = starts[cell], stops[cell]
        own, sums = columns[start:stop], residual[cell]
        errors[cell] = add_prefixes(cells[cell], decoder, bounds, own, values[start:stop], sums)
        for group in range(bounds.size - 2, -1, -1):
            for i in range(n_dims):
                sums[group, i] += sums[group + 1, i]
        group = 0
        for entry in range(start, stop):
            while columns[entry] >= bounds[group]:
                group += 1
            row, direction = sums[group], decoder[columns[entry]]
            slope = row[0] * 0
            for i in range(n_dims):
                slope += row[i] * direction[i]
            slopes[entry] = slope
            groups[entry] = group


@compiled
def sort_by_latent(columns, starts, stops, offsets, cells, entries):
    """Sort active entries by latent: latent j has places offsets[j] to offsets[j + 1].

    Parameters
    ----------
    columns, starts, stops : as in `rebuild`.
    offsets : (n_latents + 1,), written.
    cells, entries : flat, written: the cell of each entry and its place in `columns`.
    """
    offsets[:] = 0
    for cell in range(starts.size):
        for entry in range(starts[cell], stops[cell]):
            offsets[columns[entry] + 1] += 1
    for latent in range(offsets.size - 1):
        offsets[latent + 1] += offsets[latent]
    for cell in range(starts.size):
        for entry in range(starts[cell], stops[cell]):
            latent = columns[entry]
            place = offsets[latent]
            cells[place] = cell
            entries[place] = entry
            offsets[latent] += 1
    for latent in range(offsets.size - 1, 0, -1):
        offsets[latent] = offsets[latent - 1]
    offsets[0] = 0


@compiled
def adam_row(weights, gradient, first, second, adam):
    """Take one Adam step on a row; `adam` holds the constants of the step."""
    # Read once: the compiler cannot know that no row overlaps them.
    keep, take, keep_square, take_square = adam[0], adam[1], adam[2], adam[3]
    rate, unbias, epsilon = adam[4], adam[5], adam[6]
    for i in range(weights.size):
        mean = keep * first[i] + take * gradient[i]
        square = keep_square * second[i] + take_square * gradient[i] * gradient[i]
        first[i] = mean
        second[i] = square
        weights[i] -= rate * mean / (np.sqrt(square) * unbias + epsilon)


@compiled
def update_latents(
    low,
    high,
    x,
    residual,
    groups,
    offsets,
    cells,
    entries,
    values,
    slopes,
    place_of,
    more,
    weights,
    moments,
    adam,
):
    """Sum the gradients of latents `low` to `high` over their active cells and step at once.

    The gradient of a latent lives in three short buffers and never in a matrix. The part of a
    decoder row's gradient along the row is removed, and the row brought back to unit length.

    Parameters
    ----------
    x : (n_cells, d_embedding); the next seven arguments as `rebuild` and `sort_by_latent` wrote
        them.
    place_of, more : gradients to begin with, as in `Auxiliary`.
    weights : encoder, decoder (n_latents, d_embedding) and bias (n_latents, 1), updated.
    moments : first and second moments of the three, in the same order, updated.
    adam : (8,) the constants of this step, the last is 2 / n_cells.
    """
    encoder, decoder, bias = weights
    n_dims = x.shape[1]
    to_encoder, to_decoder = np.empty(n_dims, x.dtype), np.empty(n_dims, x.dtype)
    to_bias = np.empty(1, x.dtype)
    for latent in range(low, high):
        to_encoder[:] = 0
        to_decoder[:] = 0
        to_bias[0] = 0
        if place_of[latent] >= 0:
            to_encoder[:] = more[0][place_of[latent]]
            to_decoder[:] = more[1][place_of[latent]]
            to_bias[0] = more[2][place_of[latent], 0]
        for place in range(offsets[latent], offsets[latent + 1]):
            cell, entry = cells[place], entries[place]
            value = values[entry] * adam[7]
            slope = slopes[entry] * adam[7]
            row, source = residual[cell, groups[entry]], x[cell]
            for i in range(n_dims):
                to_decoder[i] += value * row[i]
                to_encoder[i] += slope * source[i]
            to_bias[0] += slope
        direction = decoder[latent]
        along = x[0, 0] * 0
        for i in range(n_dims):
            along += to_decoder[i] * direction[i]
        for i in range(n_dims):
            to_decoder[i] -= along * direction[i]
        adam_row(encoder[latent], to_encoder, moments[0][latent], moments[1][latent], adam)
        adam_row(direction, to_decoder, moments[2][latent], moments[3][latent], adam)
        adam_row(bias[latent], to_bias, moments[4][latent], moments[5][latent], adam)
        length = x[0, 0] * 0
        for i in range(n_dims):
            length += direction[i] * direction[i]
        shrink = 1 / max(np.sqrt(length), x.dtype.type(1e-12))
        for i in range(n_dims):
            direction[i] *= shrink
