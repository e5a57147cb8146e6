//! The generators of Pedersen commitments, hashed to the curve: nobody knows a relation between them.

#[cfg(feature = "prover")]
use std::sync::OnceLock;

use ark_ff::{BigInteger, Field, PrimeField};

use crate::curve::{Point, Profile};
use crate::parallel;

/// The domain separator of the generators' hash; it names the derivation below, so a change of that needs a new one.
pub const SEED: &[u8] = b"inferproof/generators/1";

/// Generators that share the work of square roots.
const TOGETHER: usize = 64;

/// Generators `G_0, G_1, ..` for the entries of a vector and `H` for the blinder.
pub struct Generators<P: Profile> {
    /// `G_i` is the hash of `("G", i)`; more generators have fewer as a prefix.
    pub g: Vec<Point<P>>,
    /// The hash of `("H", 0)`.
    pub h: Point<P>,
    /// All of them in the form that the machine's quickest addition computes in, made when first needed.
    #[cfg(feature = "prover")]
    pub(crate) ready: OnceLock<crate::msm::Ready>,
}

impl<P: Profile> Generators<P> {
    /// The first `count` generators, and `H`.
    pub fn new(count: usize) -> Self {
        let indices: Vec<u64> = (0..count as u64).collect();
        let parts: Vec<&[u64]> = indices.chunks(TOGETHER).collect();
        let h = hash_to_curve::<P>(b'H', &[0]);
        Self {
            g: parallel::map(&parts, |part| hash_to_curve::<P>(b'G', part)).concat(),
            h: h.first().copied().unwrap_or_default(),
            #[cfg(feature = "prover")]
            ready: OnceLock::new(),
        }
    }
}

/// Hashes `(profile, label, index)` to the curve for each index, by try-and-increment, which suits public inputs.
///
/// For `attempt = 0, 1, ..` read 49 bytes of the BLAKE3 stream of
/// `SEED || len(NAME) || NAME || label || index || attempt` (`len` one byte, the numbers 8 and 4 bytes little-endian):
/// 48 bytes, little-endian, reduced, are `x` (the bias is below `2^-128`), and the last one's low bit chooses the parity
/// of `y`. The first `x` for which `x^3 + b` is a square other than zero gives the point; each attempt has a chance of
/// about one half, so the points are uniform.
fn hash_to_curve<P: Profile>(label: u8, indices: &[u64]) -> Vec<Point<P>> {
    let mut points = vec![Point::<P>::identity(); indices.len()];
    let mut hasher = blake3::Hasher::new();
    hasher.update(SEED);
    hasher.update(&[P::NAME.len() as u8]);
    hasher.update(P::NAME.as_bytes());
    hasher.update(&[label]);
    let mut without: Vec<(&u64, &mut Point<P>)> = indices.iter().zip(&mut points).collect();
    let mut attempt = 0u32;
    while !without.is_empty() {
        let tried = without.iter().map(|(index, _)| {
            let mut hasher = hasher.clone();
            hasher.update(&index.to_le_bytes());
            candidate::<P>(hasher.update(&attempt.to_le_bytes()))
        });
        let tried: Vec<_> = tried.collect();
        let squares = tried.iter().map(|(x, _)| x.square() * x + P::COEFF_B);
        let roots = P::square_roots().of(&squares.collect::<Vec<_>>());
        let mut found = tried.into_iter().zip(roots);
        without.retain_mut(|(_, point)| {
            let Some(((x, is_odd), Some(y))) = found.next() else {
                return true;
            };
            let y = if y.into_bigint().is_odd() == is_odd {
                y
            } else {
                -y
            };
            **point = Point::<P>::new_unchecked(x, y);
            false
        });
        attempt += 1;
    }
    points
}

/// A first coordinate, and whether the second is to be odd.
fn candidate<P: Profile>(hasher: &blake3::Hasher) -> (P::BaseField, bool) {
    let mut stream = hasher.finalize_xof();
    let mut low = [0; 24];
    let mut high = [0; 24];
    let mut sign = [0u8; 1];
    stream.fill(&mut low);
    stream.fill(&mut high);
    stream.fill(&mut sign);
    let x = from_192_bits::<P::BaseField>(&low)
        + from_192_bits::<P::BaseField>(&high) * two_to_192::<P::BaseField>();
    let [sign] = sign;
    (x, sign & 1 == 1)
}

/// The number with these little-endian bytes, which is below every profile's modulus.
fn from_192_bits<F: PrimeField>(bytes: &[u8; 24]) -> F {
    let mut number = F::BigInt::default();
    for (limb, chunk) in number.as_mut().iter_mut().zip(bytes.as_chunks::<8>().0) {
        *limb = u64::from_le_bytes(*chunk);
    }
    F::from_bigint(number).unwrap_or_default()
}

fn two_to_192<F: PrimeField>() -> F {
    let mut number = F::BigInt::default();
    if let Some(limb) = number.as_mut().get_mut(3) {
        *limb = 1;
    }
    F::from_bigint(number).unwrap_or_default()
}
