//! The kernel with AVX-512 VNNI: `vpdpbusd` multiplies and adds four rows in each of 16 columns.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_set1_epi32,
    _mm512_setzero_si512, _mm512_storeu_si512,
};

use super::{Bytes, COEFFICIENT_BYTES, GROUP, Group, Sums, TILE, portable};

/// Byte positions of the coefficient that are summed at a time; with two registers of columns, 16 registers of sums.
const POSITIONS: usize = 8;
/// 32-bit lanes of a register.
const LANES: usize = 16;

#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn pack<T: Bytes, const BLOCK: usize>(
    rows: &[[T; BLOCK]; GROUP],
    tiles: usize,
    panel: &mut [Group<TILE>],
    stride: usize,
) {
    portable::pack(rows, tiles, panel, stride);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn accumulate(
    panel: &[Group<TILE>],
    coefficients: &[Group<COEFFICIENT_BYTES>],
    sums: &mut Sums,
) {
    for start in (0..TILE).step_by(2 * LANES) {
        for (block, sums) in sums.0.as_chunks_mut::<POSITIONS>().0.iter_mut().enumerate() {
            let mut strip = [[_mm512_setzero_si512(); 2]; POSITIONS];
            for (group, coefficients) in panel.iter().zip(coefficients) {
                let values = [load(&group.0, start), load(&group.0, start + LANES)];
                for (position, strip) in strip.iter_mut().enumerate() {
                    let bytes =
                        _mm512_set1_epi32(coefficients.0[block * POSITIONS + position] as i32);
                    for (strip, values) in strip.iter_mut().zip(values) {
                        *strip = _mm512_dpbusd_epi32(*strip, bytes, values);
                    }
                }
            }
            for (sums, strip) in sums.iter_mut().zip(strip) {
                for (half, strip) in strip.into_iter().enumerate() {
                    add(sums, start + half * LANES, strip);
                }
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(entries: &[u32; TILE], start: usize) -> __m512i {
    let lanes: &[u32] = &entries[start..start + LANES];
    // SAFETY: the slice has 16 entries of 4 bytes.
    unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add(sums: &mut [i32; TILE], start: usize, terms: __m512i) {
    let lanes: &mut [i32] = &mut sums[start..start + LANES];
    let lanes: *mut __m512i = lanes.as_mut_ptr().cast();
    // SAFETY: the slice has 16 entries of 4 bytes, borrowed mutably.
    unsafe { _mm512_storeu_si512(lanes, _mm512_add_epi32(_mm512_loadu_si512(lanes), terms)) }
}
