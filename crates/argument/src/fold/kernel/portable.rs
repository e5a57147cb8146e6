//! The kernel in plain code, written for the compiler to vectorize (so NEON, which every aarch64 has, needs no more).

use super::{Bytes, COEFFICIENT_BYTES, GROUP, Group, Sums, TILE};

/// Columns whose sums are kept in registers.
const STRIP: usize = 16;

#[inline(always)]
pub(super) fn pack<T: Bytes, const BLOCK: usize>(
    rows: &[[T; BLOCK]; GROUP],
    tiles: usize,
    panel: &mut [Group<TILE>],
    stride: usize,
) {
    let [a, b, c, d] = rows.each_ref().map(|row| row.as_chunks::<TILE>().0);
    let mut groups = panel.iter_mut().step_by(stride);
    for byte in 0..T::COUNT {
        for ((((a, b), c), d), group) in a.iter().zip(b).zip(c).zip(d).take(tiles).zip(&mut groups)
        {
            for x in 0..TILE {
                group.0[x] = a[x].signed_byte(byte)
                    | b[x].signed_byte(byte) << 8
                    | c[x].signed_byte(byte) << 16
                    | d[x].signed_byte(byte) << 24;
            }
        }
    }
}

#[inline(always)]
pub(super) fn accumulate(
    panel: &[Group<TILE>],
    coefficients: &[Group<COEFFICIENT_BYTES>],
    sums: &mut Sums,
) {
    for start in (0..TILE).step_by(STRIP) {
        for (position, sums) in sums.0.iter_mut().enumerate() {
            let mut strip = [0i32; STRIP];
            for (group, coefficients) in panel.iter().zip(coefficients) {
                let [c0, c1, c2, c3] = coefficients.0[position].to_le_bytes().map(i32::from);
                for (sum, value) in strip.iter_mut().zip(&group.0[start..start + STRIP]) {
                    let [v0, v1, v2, v3] = value.to_le_bytes().map(|byte| i32::from(byte as i8));
                    *sum += c0 * v0 + c1 * v1 + c2 * v2 + c3 * v3;
                }
            }
            for (sum, strip) in sums[start..start + STRIP].iter_mut().zip(strip) {
                *sum += strip;
            }
        }
    }
}
