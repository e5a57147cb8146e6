//! The kernels' public interface: encodings, generators, integers.

use ark_ec::short_weierstrass::Affine;
use ark_ff::{BigInteger, Field, PrimeField};
use inferproof_argument::curve::{
    EncodingError, Point, Profile, Scalar, decode_coordinates, decode_points, decode_scalar,
    encode_coordinates, encode_point, encode_scalar,
};
use inferproof_argument::generators::Generators;
use inferproof_argument::{Integers, OutOfRange};

type Grumpkin = ark_grumpkin::GrumpkinConfig;
type Bn254 = ark_bn254::g1::Config;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn modulus_bytes<F: PrimeField>() -> [u8; 32] {
    F::MODULUS.to_bytes_le().try_into().unwrap()
}

fn scalars_are_canonical<F: PrimeField>() {
    for scalar in [F::ZERO, F::ONE, -F::ONE, F::from(3u64).inverse().unwrap()] {
        assert_eq!(decode_scalar(&encode_scalar(&scalar)), Ok(scalar));
    }
    assert_eq!(encode_scalar(&F::from(0x0102u64))[..3], [2, 1, 0]);
    assert_eq!(
        decode_scalar::<F>(&modulus_bytes::<F>()),
        Err(EncodingError::NonCanonical)
    );
    assert_eq!(
        decode_scalar::<F>(&[0xff; 32]),
        Err(EncodingError::NonCanonical)
    );
}

fn points_are_canonical<P: Profile>() {
    let generators = Generators::<P>::new(5);
    for point in generators
        .g
        .iter()
        .chain([&generators.h, &Affine::identity()])
    {
        assert!(point.is_on_curve());
        assert_eq!(
            decode_coordinates::<P>(&encode_coordinates::<P>(point)),
            Ok(*point)
        );
        assert_eq!(
            decode_points::<P>(&[encode_point::<P>(point)]),
            Ok(vec![*point])
        );
        let negated = encode_point::<P>(&-*point);
        assert_eq!(decode_points::<P>(&[negated]), Ok(vec![-*point]));
    }
    coordinates_are_canonical::<P>(&generators);
    abscissas_are_canonical::<P>(&generators);
}

fn coordinates_are_canonical<P: Profile>(generators: &Generators<P>) {
    assert_eq!(encode_coordinates::<P>(&Affine::identity()), [0; 64]);
    let bytes = encode_coordinates::<P>(&generators.h);
    for half in [0, 32] {
        let mut noncanonical = bytes;
        let mut number = <P::BaseField as PrimeField>::MODULUS;
        let mut coordinate = if half == 0 {
            generators.h.x
        } else {
            generators.h.y
        }
        .into_bigint();
        assert!(
            !number.add_with_carry(&coordinate),
            "the modulus has bits to spare"
        );
        noncanonical[half..half + 32].copy_from_slice(&number.to_bytes_le());
        assert_eq!(
            decode_coordinates::<P>(&noncanonical),
            Err(EncodingError::NonCanonical)
        );
        coordinate.add_with_carry(&<P::BaseField as PrimeField>::BigInt::from(1u64));
        let mut off = bytes;
        off[half..half + 32].copy_from_slice(&coordinate.to_bytes_le());
        assert_eq!(decode_coordinates::<P>(&off), Err(EncodingError::OffCurve));
    }
    let mut zero_x = bytes;
    zero_x[..32].fill(0);
    zero_x[32..].fill(0);
    zero_x[32] = 1;
    assert_eq!(
        decode_coordinates::<P>(&zero_x),
        Err(EncodingError::OffCurve)
    );
}

fn abscissas_are_canonical<P: Profile>(generators: &Generators<P>) {
    let mut identity = [0; 32];
    identity[31] = 0x40;
    assert_eq!(encode_point::<P>(&Affine::identity()), identity);
    // Both flags, and the identity with a coordinate.
    for (place, byte) in [(31, 0xc0), (0, 1), (31, 0x41)] {
        let mut other = identity;
        other[place] = byte;
        assert_eq!(
            decode_points::<P>(&[other]),
            Err(EncodingError::NonCanonical)
        );
    }
    let mut number = <P::BaseField as PrimeField>::MODULUS;
    assert!(!number.add_with_carry(&generators.h.x.into_bigint()));
    let above: [u8; 32] = number.to_bytes_le().try_into().unwrap();
    assert_eq!(
        decode_points::<P>(&[above]),
        Err(EncodingError::NonCanonical)
    );
    // About half of all numbers are no point's, and one of them spoils the rest.
    let mut none = 0;
    for x in 0..100u64 {
        let x = <P::BaseField as From<u64>>::from(x);
        let encoded = encode_scalar(&x);
        let is_square = (x * x * x + P::COEFF_B).sqrt().is_some();
        let verdict = decode_points::<P>(&[encode_point::<P>(&generators.h), encoded]);
        match verdict {
            Ok(points) => {
                assert!(is_square && points[1].is_on_curve() && points[1].x == x);
                assert_eq!(encode_point::<P>(&points[1]), encoded);
            }
            Err(error) => {
                assert!(!is_square && error == EncodingError::OffCurve);
                none += 1;
            }
        }
    }
    assert!((30..70).contains(&none));
}

#[test]
fn encodings_are_canonical() {
    scalars_are_canonical::<Scalar<Grumpkin>>();
    scalars_are_canonical::<Scalar<Bn254>>();
    points_are_canonical::<Grumpkin>();
    points_are_canonical::<Bn254>();
}

/// Encodings of `G_0, G_1, G_2, H`.
fn first_generators<P: Profile>() -> Vec<String> {
    let generators = Generators::<P>::new(3);
    generators
        .g
        .iter()
        .chain([&generators.h])
        .map(|point| hex(&encode_coordinates::<P>(point)))
        .collect()
}

#[test]
fn generators_are_frozen() {
    // A change here makes every commitment ever published void.
    assert_eq!(first_generators::<Grumpkin>(), GRUMPKIN);
    assert_eq!(first_generators::<Bn254>(), BN254);
}

fn generators_are_distinct_prefixes<P: Profile>() {
    let generators = Generators::<P>::new(300);
    assert_eq!(Generators::<P>::new(17).g, generators.g[..17]);
    assert_eq!(Generators::<P>::new(0).h, generators.h);
    let mut encodings: Vec<_> = generators
        .g
        .iter()
        .chain([&generators.h])
        .map(|p: &Point<P>| encode_scalar(&p.x))
        .collect();
    encodings.sort_unstable();
    encodings.dedup();
    assert_eq!(encodings.len(), 301);
}

#[test]
fn fewer_generators_are_a_prefix() {
    generators_are_distinct_prefixes::<Grumpkin>();
    generators_are_distinct_prefixes::<Bn254>();
}

#[test]
fn integers_take_the_narrowest_type() {
    let narrowest = |values: &[i64]| match Integers::from_i64(values) {
        Ok(Integers::I8(_)) => 8,
        Ok(Integers::I16(_)) => 16,
        Ok(Integers::I32(_)) => 32,
        Ok(Integers::I64(_)) | Err(_) => 64,
    };
    assert_eq!(narrowest(&[]), 8);
    for bits in [8, 16, 32] {
        let bound = 1i64 << (bits - 1);
        assert_eq!(narrowest(&[-bound, bound - 1]), bits);
        assert_eq!(narrowest(&[0, bound]), 2 * bits);
        assert_eq!(narrowest(&[0, -bound - 1]), 2 * bits);
        let values = [-bound, 0, bound - 1];
        let integers = Integers::from_i64(&values).unwrap();
        assert_eq!((integers.len(), integers.is_empty()), (3, false));
        assert_eq!(integers.to_i64(), values);
        assert_eq!((integers.get(2), integers.get(3)), (Some(bound - 1), None));
    }
    let error = Integers::from_i64(&[0, 1 << 40, 1 << 50]).unwrap_err();
    assert_eq!(error, OutOfRange { index: 1 });
    assert_eq!(error.to_string(), "value 1 does not fit 32 bits");
    assert_eq!(
        format!("{:?}", Integers::from_i64(&[77]).unwrap()),
        "1 integers of 8 bits"
    );
}

const GRUMPKIN: [&str; 4] = [
    "667b8704122fdace8c05af7e0ea95f2844837ebb281355662bb2154cebbe2e12\
     1967a048045d4f84dfe530bfa080b1710459498a20d39445570732ce67ad850c",
    "4fb740b1f4ce3012224c6c480a0ce8a8f0b97447b9f27f536e2512deb6241e30\
     d06535c9cc428d36ee74504682a7fd3eb1a300c589f2d73b578c42ab21876020",
    "c583e4306ce3a80ec546e6303a6b7a44b79745ac78be6d20c2bfb75c15712507\
     3ffa9ae4bc4edb6af27c43f4591bba373d1a940aab56b202917f87e37cd38406",
    "391fefc7b76e6f2728a2dc543c8c3b15a86f1c753ff489f0cf6931abeb77c91f\
     d49c80ad1a8d36551f415b1e0503e894df5cef7aab8923f31c1ae607ed271e08",
];

const BN254: [&str; 4] = [
    "a271a037914a8aaec673eb8d12b2c7d705726896cf83ebb546d1c34509d7b911\
     8c622f662dd5a2c1ec7cbb911394f98ec274167315c237abecb306443d257005",
    "2017842abaa744630922f93fe7e250d10f5bebf906a50a3b64c8fbd0d2e5442e\
     6023e854683aaed8d3429c5a90ee2c030736ef749a001a13d8072ab203353b1b",
    "b3b649bf0a740c1b2f6c67bbe222ed6a52d8f8e7b80999986be5ee86ebde960c\
     e43f6cfe98ec2419fce3e4a5f62e5b7e7993853560480329ce6dd91ffdc56820",
    "7133d2944a7bd1798c62fe63c609f3e24d643e0560be94efd6af626b548b7c01\
     65ff0da44765e2439f58b508bf470bb3fcfd04444d5326255b80960870494a2f",
];
