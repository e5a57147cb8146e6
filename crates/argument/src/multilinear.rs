//! Multilinear vectors. Points and bits are most significant first.

use crate::script::arithmetic::Ring;

/// `eq(point, i)` for `i < support`: the truncated vector of must 1 (`docs/protocol.md`, section 12). It has `support` entries, which may be fewer
/// than `2^point.len()` and must not be more.
pub(crate) fn eq_vector<F: Ring>(point: &[F], support: usize) -> Vec<F> {
    let mut out = vec![F::one()];
    let bits = point.len();
    for (i, &r) in point.iter().enumerate() {
        // Entries that no index below the support descends from are never made.
        let keep = support.div_ceil(
            1usize
                .checked_shl((bits - 1 - i) as u32)
                .unwrap_or(usize::MAX),
        );
        let mut next = Vec::with_capacity(2 * out.len());
        for v in out {
            let one = v * r;
            next.push(v - one);
            next.push(one);
        }
        next.truncate(keep);
        out = next;
    }
    out.truncate(support);
    out
}

/// The sum of [`eq_vector`]'s entries.
pub(crate) fn eq_sum<F: Ring>(point: &[F], support: usize) -> F {
    let Some((&r, rest)) = point.split_first() else {
        return F::from(support.min(1) as i64);
    };
    let half = 1usize.checked_shl(rest.len() as u32).unwrap_or(usize::MAX);
    match support.checked_sub(half) {
        None | Some(0) => (F::one() - r) * eq_sum(rest, support),
        Some(above) => F::one() - r + r * eq_sum(rest, above),
    }
}

/// Inner product over the shorter length.
pub(crate) fn dot<F: Ring>(a: &[F], b: &[F]) -> F {
    a.iter().zip(b).map(|(&x, &y)| x * y).sum()
}

/// Tensor product, row-major.
pub(crate) fn kron<F: Ring>(a: &[F], b: &[F]) -> Vec<F> {
    a.iter()
        .flat_map(|&x| b.iter().map(move |&y| x * y))
        .collect()
}
