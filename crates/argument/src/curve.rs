//! Curve profiles: the group that the commitments live in, and the canonical bytes of its scalars and points.

pub(crate) mod form;
mod square_root;

use self::square_root::SquareRoots;
use ark_ec::short_weierstrass::{self, SWCurveConfig};
use ark_ec::{AffineRepr, CurveConfig};
use ark_ff::{BigInt, BigInteger, Field, Fp, MontBackend, MontConfig, PrimeField};
use std::sync::OnceLock;

/// A prime field of four 64-bit limbs whose elements are kept in Montgomery form.
pub trait Montgomery: PrimeField {
    /// The Montgomery form `2^256 x mod p`: four limbs, least significant first, below `p`.
    fn limbs(&self) -> [u64; 4];

    /// The element with this Montgomery form, which must be below `p`.
    fn from_limbs(limbs: [u64; 4]) -> Self;
}

impl<T: MontConfig<4>> Montgomery for Fp<MontBackend<T, 4>, 4> {
    #[inline(always)]
    fn limbs(&self) -> [u64; 4] {
        self.0.0
    }

    #[inline(always)]
    fn from_limbs(limbs: [u64; 4]) -> Self {
        Self::new_unchecked(BigInt::new(limbs))
    }
}

/// A curve profile: which group the commitments live in. Its name is bound into every digest.
///
/// Both profiles are curves `y^2 = x^3 + b` with `b != 0`, of prime order (cofactor 1): a point on the curve is in the
/// group, and no subgroup check is needed. The prime fields have 254 bits, four 64-bit limbs.
pub trait Profile:
    SWCurveConfig<BaseField: Montgomery, ScalarField: Montgomery, ZeroFlag = ()> + 'static
{
    /// The profile's name, as it stands in digests and in what `inspect` prints.
    const NAME: &'static str;
    /// The profile's number in file headers.
    const ID: u8;
    /// Estimated cost of a discrete logarithm, in bits: the bound on soundness.
    const SECURITY_BITS: u32;

    /// Tables for square roots of coordinates, made when first needed.
    fn square_roots() -> &'static SquareRoots<Self>;
}

macro_rules! profile {
    ($config:ty, $name:literal, $id:literal, $bits:literal) => {
        impl Profile for $config {
            const NAME: &'static str = $name;
            const ID: u8 = $id;
            const SECURITY_BITS: u32 = $bits;

            fn square_roots() -> &'static SquareRoots<Self> {
                static ROOTS: OnceLock<SquareRoots<$config>> = OnceLock::new();
                ROOTS.get_or_init(SquareRoots::new)
            }
        }
    };
}

profile!(ark_grumpkin::GrumpkinConfig, "grumpkin", 1, 126);
profile!(ark_bn254::g1::Config, "bn254", 2, 100);

/// A point of the profile's group, in affine coordinates.
pub type Point<P> = short_weierstrass::Affine<P>;
/// An element of the scalar field: the field that the proof computes in.
pub type Scalar<P> = <P as CurveConfig>::ScalarField;

/// Bytes of an encoded scalar.
pub const SCALAR_BYTES: usize = 32;
/// Bytes of an encoded point.
pub const POINT_BYTES: usize = 32;
/// Bytes of a point's coordinates.
pub const COORDINATES_BYTES: usize = 64;
/// Of an encoded point's last byte: the second coordinate is odd.
const ODD: u8 = 0x80;
/// Of an encoded point's last byte: the point is the identity.
const IDENTITY: u8 = 0x40;

/// Why bytes are not the encoding of a scalar or a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// The number is not below the modulus.
    #[error("field element is not below the modulus")]
    NonCanonical,
    /// The coordinates do not satisfy the curve's equation.
    #[error("point is not on the curve")]
    OffCurve,
}

/// The canonical encoding of a field element below `2^256`: 32 bytes, little-endian.
pub fn encode_scalar<F: PrimeField>(scalar: &F) -> [u8; SCALAR_BYTES] {
    let mut bytes = [0; SCALAR_BYTES];
    for (chunk, limb) in bytes.chunks_exact_mut(8).zip(scalar.into_bigint().as_ref()) {
        chunk.copy_from_slice(&limb.to_le_bytes());
    }
    bytes
}

/// The inverse of [`encode_scalar`]; refuses numbers that are not below the modulus.
pub fn decode_scalar<F: PrimeField>(bytes: &[u8; SCALAR_BYTES]) -> Result<F, EncodingError> {
    let mut number = F::BigInt::default();
    let (chunks, _) = bytes.as_chunks::<8>();
    for (limb, chunk) in number.as_mut().iter_mut().zip(chunks) {
        *limb = u64::from_le_bytes(*chunk);
    }
    F::from_bigint(number).ok_or(EncodingError::NonCanonical)
}

/// 512 bits, little-endian, modulo the order: as close to uniform as they are, up to `2^-250`.
pub(crate) fn reduce<F: PrimeField>(wide: &[u8; 64]) -> F {
    let shift = F::from(1u128 << 64).square();
    let (chunks, _) = wide.as_chunks::<16>();
    chunks.iter().rev().fold(F::zero(), |sum, chunk| {
        sum * shift + F::from(u128::from_le_bytes(*chunk))
    })
}

/// `a - b - borrow` and whether that is negative.
#[inline(always)]
pub(crate) fn subtract_with_borrow(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    let (difference, first) = a.overflowing_sub(b);
    let (difference, second) = difference.overflowing_sub(borrow.into());
    (difference, first | second)
}

/// `a + b + carry`, and whether that has a bit more.
#[inline(always)]
pub(crate) fn add_with_carry(a: u64, b: u64, carry: bool) -> (u64, bool) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(carry.into());
    (sum, first | second)
}

/// `limbs`, below twice the modulus, less the modulus if need be.
pub(crate) fn below_modulus<F: PrimeField>(limbs: [u64; 4]) -> [u64; 4] {
    let mut reduced = limbs;
    let mut borrow = false;
    for (limb, modulus) in reduced.iter_mut().zip(F::MODULUS.as_ref()) {
        (*limb, borrow) = subtract_with_borrow(*limb, *modulus, borrow);
    }
    if borrow { limbs } else { reduced }
}

/// The canonical encoding of a point: `x`, 32 bytes little-endian, of whose two free bits the highest says whether `y` is odd; of the
/// identity the other one is set, and nothing else.
///
/// It is half as long as [`encode_coordinates`], and takes a square root to read.
pub fn encode_point<P: Profile>(point: &Point<P>) -> [u8; POINT_BYTES] {
    let mut bytes = [0; POINT_BYTES];
    let Some((x, y)) = point.xy() else {
        let [.., last] = &mut bytes;
        *last = IDENTITY;
        return bytes;
    };
    bytes = encode_scalar(&x);
    if y.into_bigint().is_odd() {
        let [.., last] = &mut bytes;
        *last |= ODD;
    }
    bytes
}

/// The inverse of [`encode_point`], of many points: they share the work, and the machine's cores. Refuses coordinates that are not below the
/// modulus or of no point, and whatever else [`encode_point`] does not make.
///
/// A point on the curve is in the group, for the cofactor is 1; and no point has `y = 0`, for the order is odd.
pub fn decode_points<P: Profile>(
    encoded: &[[u8; POINT_BYTES]],
) -> Result<Vec<Point<P>>, EncodingError> {
    let mut abscissas = Vec::with_capacity(encoded.len());
    for bytes in encoded {
        let mut number = *bytes;
        let [.., last] = &mut number;
        let flags = *last & (ODD | IDENTITY);
        *last ^= flags;
        abscissas.push(match flags & IDENTITY {
            0 => Some((decode_scalar::<P::BaseField>(&number)?, flags & ODD != 0)),
            _ if flags & ODD == 0 && number == [0; POINT_BYTES] => None,
            _ => return Err(EncodingError::NonCanonical),
        });
    }
    let squares = abscissas.iter().flatten();
    let squares: Vec<_> = squares.map(|(x, _)| x.square() * x + P::COEFF_B).collect();
    let mut roots = P::square_roots().of(&squares).into_iter();
    let points = abscissas.into_iter().map(|abscissa| {
        let Some((x, is_odd)) = abscissa else {
            return Ok(Point::<P>::identity());
        };
        let root = roots.next().flatten().ok_or(EncodingError::OffCurve)?;
        let y = if root.into_bigint().is_odd() == is_odd {
            root
        } else {
            -root
        };
        Ok(Point::<P>::new_unchecked(x, y))
    });
    points.collect()
}

/// Both coordinates of a point, canonically: `x || y`, each 32 bytes little-endian; the identity is 64 zero bytes. For what is read often.
pub fn encode_coordinates<P: Profile>(point: &Point<P>) -> [u8; COORDINATES_BYTES] {
    let mut bytes = [0; COORDINATES_BYTES];
    if let Some((x, y)) = point.xy() {
        let (low, high) = bytes.split_at_mut(SCALAR_BYTES);
        low.copy_from_slice(&encode_scalar(&x));
        high.copy_from_slice(&encode_scalar(&y));
    }
    bytes
}

/// The inverse of [`encode_coordinates`]; refuses coordinates that are not below the modulus and points off the curve.
///
/// The identity's encoding is unambiguous, for `(0, 0)` satisfies no profile's equation, and a point on the curve is in
/// the group, for the cofactor is 1.
pub fn decode_coordinates<P: Profile>(
    bytes: &[u8; COORDINATES_BYTES],
) -> Result<Point<P>, EncodingError> {
    if bytes.iter().all(|&byte| byte == 0) {
        return Ok(Point::<P>::identity());
    }
    let mut low = [0; SCALAR_BYTES];
    let mut high = [0; SCALAR_BYTES];
    let (x, y) = bytes.split_at(SCALAR_BYTES);
    low.copy_from_slice(x);
    high.copy_from_slice(y);
    let point = Point::<P>::new_unchecked(decode_scalar(&low)?, decode_scalar(&high)?);
    if point.is_on_curve() {
        Ok(point)
    } else {
        Err(EncodingError::OffCurve)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduces<F: PrimeField>() {
        let mut stream = blake3::Hasher::new().update(b"wide").finalize_xof();
        let mut wide = [0; 64];
        for _ in 0..100 {
            assert_eq!(reduce::<F>(&wide), F::from_le_bytes_mod_order(&wide));
            stream.fill(&mut wide);
        }
        assert_eq!(
            reduce::<F>(&[0xff; 64]),
            F::from_le_bytes_mod_order(&[0xff; 64])
        );
    }

    #[test]
    fn wide_numbers_are_reduced() {
        reduces::<ark_grumpkin::Fr>();
        reduces::<ark_bn254::Fr>();
    }
}
