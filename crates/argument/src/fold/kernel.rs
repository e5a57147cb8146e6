//! The integer matrix product of [`super::fold_rows`], and the ways to compute it.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

#[cfg(target_arch = "x86_64")]
use crate::instructions::Instructions as Allowed;
use zeroize::{DefaultIsZeroes, Zeroize};

/// Rows whose bytes are multiplied and added in one step.
pub(super) const GROUP: usize = 4;
/// Columns of a tile: a cache line of bytes.
pub(super) const TILE: usize = 64;
/// Bytes of a coefficient.
pub(super) const COEFFICIENT_BYTES: usize = 32;

/// Bytes of four rows: byte `i` of entry `x` (least significant first) belongs to row `i`.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Group<const N: usize>(pub [u32; N]);

impl<const N: usize> Default for Group<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> DefaultIsZeroes for Group<N> {}

/// `sums[b][x]`: sum over rows of coefficient byte `b` (unsigned) times the value's byte in column `x` (signed).
#[derive(Clone)]
#[repr(C, align(64))]
pub(super) struct Sums(pub [[i32; TILE]; COEFFICIENT_BYTES]);

impl Default for Sums {
    fn default() -> Self {
        Self([[0; TILE]; COEFFICIENT_BYTES])
    }
}

impl Zeroize for Sums {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// A small integer as signed bytes: `v = sum_i 256^i s_i + SHIFT`, with `s_i = u_i - 128` for every byte but the top one.
pub(super) trait Bytes: Copy + Default + Into<i32> + Send + Sync + Zeroize {
    const COUNT: usize = size_of::<Self>();
    const SHIFT: u64 = {
        let mut shift = 0;
        let mut i = 0;
        while i + 1 < size_of::<Self>() {
            shift += 128 << (8 * i);
            i += 1;
        }
        shift
    };

    /// The bits of the signed byte `s_index`.
    #[inline(always)]
    fn signed_byte(self, index: usize) -> u32 {
        let top = index + 1 == Self::COUNT;
        let value: i32 = self.into();
        ((value >> (8 * index)) as u32 & 0xff) ^ if top { 0 } else { 0x80 }
    }
}

impl Bytes for i8 {}
impl Bytes for i16 {}
impl Bytes for i32 {}

/// A way to compute the product, which the machine is known to have.
#[derive(Clone, Copy)]
pub(super) struct Kernel(Instructions);

#[derive(Clone, Copy)]
enum Instructions {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
}

impl Kernel {
    /// The kernels that this machine has, the quickest last.
    pub fn available() -> impl Iterator<Item = Self> {
        let portable = std::iter::once(Self(Instructions::Portable));
        #[cfg(target_arch = "x86_64")]
        let special = [
            (
                Allowed::allowed() >= Allowed::Avx2 && is_x86_feature_detected!("avx2"),
                Instructions::Avx2,
            ),
            (
                Allowed::allowed() >= Allowed::Avx512
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vnni"),
                Instructions::Avx512Vnni,
            ),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let special: [(bool, Instructions); 0] = [];
        portable.chain(
            special
                .into_iter()
                .filter(|(has, _)| *has)
                .map(|(_, instructions)| Self(instructions)),
        )
    }

    /// The quickest kernel that this machine has.
    pub fn detect() -> Self {
        Self::available()
            .last()
            .unwrap_or(Self(Instructions::Portable))
    }

    #[cfg(test)]
    pub fn name(self) -> &'static str {
        match self.0 {
            Instructions::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512Vnni => "avx512vnni",
        }
    }

    /// Splits four rows into bytes: byte `b` of tile `t` goes to `panel[(b * tiles + t) * stride]`.
    pub fn pack<T: Bytes, const BLOCK: usize>(
        self,
        rows: &[[T; BLOCK]; GROUP],
        tiles: usize,
        panel: &mut [Group<TILE>],
        stride: usize,
    ) {
        match self.0 {
            Instructions::Portable => portable::pack(rows, tiles, panel, stride),
            // SAFETY: `Avx2` and `Avx512Vnni` are made only by `available`, which found their features.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { avx2::pack(rows, tiles, panel, stride) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512Vnni => unsafe { avx512::pack(rows, tiles, panel, stride) },
        }
    }

    /// Adds the products of a tile's rows, `panel`, with their coefficients to the sums, which must not overflow.
    pub fn accumulate(
        self,
        panel: &[Group<TILE>],
        coefficients: &[Group<COEFFICIENT_BYTES>],
        sums: &mut Sums,
    ) {
        match self.0 {
            Instructions::Portable => portable::accumulate(panel, coefficients, sums),
            // SAFETY: `Avx2` and `Avx512Vnni` are made only by `available`, which found their features.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { avx2::accumulate(panel, coefficients, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512Vnni => unsafe { avx512::accumulate(panel, coefficients, sums) },
        }
    }
}
