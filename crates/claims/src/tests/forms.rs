//! Each form of the language, and its canonical text.

use super::*;

fn program() -> ValidProgram {
    copying(&[
        Port::new("score", &[1, 1], (-(1 << 15), (1 << 15) - 1), 14),
        Port::new("y", &[1, 4], (-8, 7), 2),
        Port::new("z", &[3, 2], (0, 15), 0),
        Port::new("k", &[], (0, 9), -1),
        Port::texts("animal", &[2], &["cat", "dog", "a \"b\""]),
        Port::new("age", &[2], (0, 121), 0).with_missing(),
        Port::new("a b", &[2], (0, 9), 0),
    ])
}

#[test]
fn texts_become_canonical_and_stay_so() {
    let program = program();
    let scope = Scope::new(&program);
    for (text, canonical) in [
        ("score[0] >= 0.8", "score[0, 0] >= 0.8"),
        ("score >= 0.80", "score[0, 0] >= 0.8"),
        ("0.8 <= input:score[0][0]", "score[0, 0] >= 0.8"),
        (
            "2*score[0] - y[1]/2 >= 1/3",
            "2*score[0, 0] - 0.5*y[0, 1] >= 1/3",
        ),
        ("1 - score[0] > y[0] + 0.5", "score[0, 0] + y[0, 0] < 0.5"),
        ("z[1,0] + z[1,0] - z[1,0] < 2", "z[1, 0] < 2"),
        ("-z[1,0] in [-3, -1]", "z[1, 0] in [1, 3]"),
        ("z[1,0] in {3, 1, 1.0}", "z[1, 0] in {1, 3}"),
        ("z[1,0] in {3}", "z[1, 0] == 3"),
        ("z[1,0] in [3, 3]", "z[1, 0] == 3"),
        ("z[1,0] not in [3, 4]", "not z[1, 0] in [3, 4]"),
        ("0.2 <= y[1] < 0.5", "y[0, 1] >= 0.2 and y[0, 1] < 0.5"),
        ("argmax(y) == 3", "argmax(y[0]) == 3"),
        ("argmax(y[0]) in [1, 2]", "argmax(y[0]) in [1, 2]"),
        (
            "argmax(z[2]) == argmax(z[1])",
            "argmax(z[1]) - argmax(z[2]) == 0",
        ),
        ("max(y[0]) - min(y) > 1", "max(y) - min(y) > 1"),
        (
            "mean(z) >= 2.5 or sum(z[0]) == 3",
            "mean(z) >= 2.5 or sum(z[0]) == 3",
        ),
        ("k == 4", "k == 4"),
        ("not not k == 4", "k == 4"),
        (
            "not (k == 4 and (z[0,0] < 4 and k > 3e0))",
            "not (k == 4 and z[0, 0] < 4 and k > 3)",
        ),
        (
            "k == 4 and (k < 4 or z[0,0] > 3)",
            "k == 4 and (k < 4 or z[0, 0] > 3)",
        ),
        ("(k + 2) * 3 >= 15/2", "3*k >= 1.5"),
        ("animal[0] == \"cat\"", "animal[0] == \"cat\""),
        ("animal[0] != \"cat\"", "animal[0] != \"cat\""),
        ("not animal[0] == \"cat\"", "animal[0] != \"cat\""),
        (
            "animal[1] in {\"dog\", \"a \\\"b\\\"\"}",
            "animal[1] in {\"a \\\"b\\\"\", \"dog\"}",
        ),
        (
            "missing(age[0]) or age[0] >= 18",
            "missing(age[0]) or age[0] >= 18",
        ),
        ("\"a b\"[1] >= \"a b\"[0]", "\"a b\"[0] - \"a b\"[1] <= 0"),
        ("\"score out\" >= 0.8", "\"score out\"[0, 0] >= 0.8"),
        ("output:\"score out\" >= 0.8", "\"score out\"[0, 0] >= 0.8"),
    ] {
        let claim = Claim::parse(text, &scope).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(claim.text(&scope), canonical, "{text}");
        assert_eq!(
            Claim::parse(canonical, &scope).as_ref(),
            Ok(&claim),
            "{text}"
        );
        assert_eq!(claim.check(&scope), Ok(()), "{text}");
        let bytes = postcard::to_allocvec(&claim).unwrap();
        assert_eq!(postcard::from_bytes::<Claim>(&bytes).as_ref(), Ok(&claim));
        with_claim(&program, &claim).unwrap();
    }
}
