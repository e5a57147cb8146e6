//! The kernel with AVX2: two rows at a time by `vpmaddwd`.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_load_si256, _mm256_madd_epi16, _mm256_set1_epi32,
    _mm256_slli_epi16, _mm256_srai_epi16, _mm256_store_si256,
};

use super::{Bytes, COEFFICIENT_BYTES, GROUP, Group, Sums, TILE, portable};

/// Byte positions of the coefficient that are summed at a time.
const POSITIONS: usize = 4;
/// 32-bit lanes of a register.
const LANES: usize = 8;

#[target_feature(enable = "avx2")]
pub(super) fn pack<T: Bytes, const BLOCK: usize>(
    rows: &[[T; BLOCK]; GROUP],
    tiles: usize,
    panel: &mut [Group<TILE>],
    stride: usize,
) {
    portable::pack(rows, tiles, panel, stride);
}

#[target_feature(enable = "avx2")]
pub(super) fn accumulate(
    panel: &[Group<TILE>],
    coefficients: &[Group<COEFFICIENT_BYTES>],
    sums: &mut Sums,
) {
    for (block, sums) in sums.0.as_chunks_mut::<POSITIONS>().0.iter_mut().enumerate() {
        for start in (0..TILE).step_by(2 * LANES) {
            let mut strip = [[_mm256_set1_epi32(0); 2]; POSITIONS];
            for (group, coefficients) in panel.iter().zip(coefficients) {
                let values = [load(&group.0, start), load(&group.0, start + LANES)];
                // The signed bytes of rows 0 and 2, and of rows 1 and 3, as 16-bit numbers.
                let even = values.map(|v| _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(v)));
                let odd = values.map(|v| _mm256_srai_epi16::<8>(v));
                for (position, strip) in strip.iter_mut().enumerate() {
                    let bytes = coefficients.0[block * POSITIONS + position];
                    let even_bytes = _mm256_set1_epi32((bytes & 0x00ff_00ff) as i32);
                    let odd_bytes = _mm256_set1_epi32((bytes >> 8 & 0x00ff_00ff) as i32);
                    for half in 0..2 {
                        let products = _mm256_add_epi32(
                            _mm256_madd_epi16(even[half], even_bytes),
                            _mm256_madd_epi16(odd[half], odd_bytes),
                        );
                        strip[half] = _mm256_add_epi32(strip[half], products);
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
#[target_feature(enable = "avx2")]
fn load(entries: &[u32; TILE], start: usize) -> __m256i {
    let lanes: &[u32] = &entries[start..start + LANES];
    // SAFETY: the slice has 8 entries of 4 bytes; `start` is a multiple of 8 and the array is aligned to 64 bytes.
    unsafe { _mm256_load_si256(lanes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn add(sums: &mut [i32; TILE], start: usize, terms: __m256i) {
    let lanes: &mut [i32] = &mut sums[start..start + LANES];
    let lanes: *mut __m256i = lanes.as_mut_ptr().cast();
    // SAFETY: the slice has 8 entries of 4 bytes; `start` is a multiple of 8, and each array of sums is aligned to 64
    // bytes (the whole is, and an array takes 256).
    unsafe { _mm256_store_si256(lanes, _mm256_add_epi32(_mm256_load_si256(lanes), terms)) }
}
