//! Which integers satisfy a comparison, at the bounds themselves.

use super::oracle::Run;
use super::*;

/// Numbers with few and many digits, and fractions.
const NUMBERS: [&str; 12] = [
    "0.8",
    "1/3",
    "-1/3",
    "0",
    "0.5",
    "-0.5",
    "2/7",
    "0.333333333333333333",
    "1",
    "-1",
    "100",
    "96.000001",
];

/// Every integer of a small range, or those around the bound that the explanation names.
#[test]
fn the_integers_at_the_bound_are_told_apart() {
    let mut accepted = 0;
    for (scale, low, high) in [
        (14, -(1 << 15), (1 << 15) - 1),
        (2, -8, 7),
        (0, -100, 200),
        (-3, -5, 40),
        (38, -(1 << 39), 1 << 39),
    ] {
        let program = copying(&[Port::new("x", &[1], (low, high), scale)]);
        let scope = Scope::new(&program);
        for number in NUMBERS {
            for relation in ["<", "<=", ">", ">=", "==", "!="] {
                for factor in ["", "3*", "-1/7*"] {
                    let text = format!("{factor}x[0] {relation} {number}");
                    let Ok(claim) = Claim::parse(&text, &scope) else {
                        continue;
                    };
                    accepted += 1;
                    let explained = claim.explain(&scope).unwrap();
                    let words = explained[0].integers.split(&[' ', ','][..]);
                    let bounds: Vec<i64> = words.filter_map(|word| word.parse().ok()).collect();
                    assert!(!bounds.is_empty(), "{}", explained[0]);
                    for bound in bounds {
                        for n in bound - 1..=bound + 1 {
                            if !(low..=high).contains(&n) {
                                continue;
                            }
                            let values = [vec![n]];
                            let run = Run {
                                scope,
                                inputs: &values,
                                outputs: &values,
                            };
                            assert_eq!(
                                both(&program, &text, &values),
                                run.holds(&claim),
                                "{text} at {n}"
                            );
                        }
                    }
                }
            }
        }
    }
    assert!(accepted > 500, "{accepted}");
}

#[test]
fn a_score_of_at_least_four_fifths() {
    let program = copying(&[Port::new("score", &[1], (-(1 << 15), (1 << 15) - 1), 14)]);
    // 0.8 * 2^14 = 13107.2.
    for (n, holds) in [(13106, false), (13107, false), (13108, true), (13109, true)] {
        assert_eq!(both(&program, "score[0] >= 0.8", &[vec![n]]), holds);
    }
    let scope = Scope::new(&program);
    let explained = parse(&program, "score[0] >= 0.8").explain(&scope).unwrap();
    assert_eq!(
        explained[0].to_string(),
        "`score[0] >= 0.8` means n >= 13108, where n is the integer of `score[0]`, in units of 2^-14"
    );
}

#[test]
fn a_single_entry_is_compared_without_a_factor() {
    let program = copying(&[Port::new("score", &[1], (-(1 << 15), (1 << 15) - 1), 14)]);
    for text in [
        "score[0] >= 0.8",
        "123456789*score[0] >= 98765431.2",
        "score[0]/7 >= 4/35",
    ] {
        let with = with_claim(&program, &parse(&program, text)).unwrap();
        // A sum and a clamp.
        assert_eq!(with.nodes.len(), program.nodes.len() + 2);
        let sum = &with.tensors[program.tensors.len()];
        assert_eq!(
            (sum.low, sum.high),
            (-(1 << 15) + 1 - 13108, (1 << 15) - 13108),
            "{text}"
        );
    }
}

#[test]
fn the_first_of_equal_entries_is_the_greatest() {
    let program = copying(&[Port::new("y", &[1, 4], (-8, 7), 3)]);
    for (values, first) in [
        ([1, 5, 5, 0], 1),
        ([-3, -3, -3, -3], 0),
        ([0, 1, 2, 2], 2),
        ([-8, -8, -8, 7], 3),
    ] {
        for class in 0..4 {
            let text = format!("argmax(y) == {class}");
            assert_eq!(both(&program, &text, &[values.to_vec()]), class == first);
            let text = format!("argmax(y) != {class}");
            assert_eq!(both(&program, &text, &[values.to_vec()]), class != first);
        }
        assert_eq!(
            both(&program, "argmax(y) in [1, 2]", &[values.to_vec()]),
            (1..3).contains(&first)
        );
        assert_eq!(
            both(&program, "argmax(y) in {0, 3}", &[values.to_vec()]),
            first % 3 == 0
        );
    }
    let with = with_claim(&program, &parse(&program, "argmax(y) == 3")).unwrap();
    assert_eq!(
        with.nodes.len(),
        program.nodes.len() + 2,
        "one-hot codes, and a view of them"
    );
}

#[test]
fn a_mean_is_exact() {
    let program = copying(&[Port::new("x", &[3, 1], (0, 255), 8)]);
    // The mean is at least 1/3 where the sum of integers is at least 256.
    for (values, holds) in [
        ([85, 85, 85], false),
        ([85, 86, 85], true),
        ([255, 1, 0], true),
    ] {
        assert_eq!(both(&program, "mean(x) >= 1/3", &[values.to_vec()]), holds);
        assert_eq!(both(&program, "sum(x)/3 >= 1/3", &[values.to_vec()]), holds);
        assert_eq!(
            both(&program, "not mean(x) < 1/3", &[values.to_vec()]),
            holds
        );
    }
}

#[test]
fn no_comparison_holds_of_a_missing_value() {
    let program = copying(&[
        Port::new("age", &[2], (0, 121), 0).with_missing(),
        Port::new("sum", &[1], (-3, 300), 0),
    ]);
    let (present, missing) = ([vec![40, 121], vec![3]], [vec![121, 5], vec![3]]);
    for text in [
        "age[0] >= 18",
        "age[0] != 18",
        "age[0] > 0",
        "age[0] in [18, 120]",
        "age[0] + sum[0] > 1",
        "age[0] >= 0",
    ] {
        assert!(both(&program, text, &present), "{text}");
        assert!(!both(&program, text, &missing), "{text}");
        assert!(both(&program, &format!("not {text}"), &missing), "{text}");
    }
    assert!(!both(&program, "missing(age[0])", &present));
    assert!(both(
        &program,
        "missing(age[0]) and not missing(age[1])",
        &missing
    ));
}

#[test]
fn texts_are_what_an_answer_is_read_as() {
    let program = copying(&[Port::texts("animal", &[1], &["cat", "dog", "owl"])]);
    for (n, text) in [(0, "cat"), (1, "dog"), (2, "owl"), (3, "another")] {
        for known in ["cat", "dog", "owl"] {
            assert_eq!(
                both(&program, &format!("animal[0] == \"{known}\""), &[vec![n]]),
                known == text
            );
            assert_eq!(
                both(&program, &format!("animal[0] != \"{known}\""), &[vec![n]]),
                known != text
            );
        }
        assert_eq!(
            both(&program, "animal[0] in {\"cat\", \"owl\"}", &[vec![n]]),
            n % 2 == 0 && n < 3
        );
    }
}

/// An output of texts may be scaled, and several of its integers may mean one text: it is rounded, halves away from zero.
#[test]
fn texts_of_a_scaled_output() {
    let mut builder = Builder::new();
    let x = builder.input("x", &[1], -9..=20).unwrap();
    builder.set_scale(x, 2);
    let answer = builder.read(x, vec![]).unwrap();
    builder.rename(answer, "answer");
    builder.output(answer);
    builder.meaning(Meaning {
        tensor: answer,
        categories: vec!["no".into(), "yes".into(), "no".into(), "perhaps".into()],
        missing: None,
    });
    let program = builder.finish().unwrap();
    for n in -9..=20 {
        let values = [vec![n]];
        let run = Run {
            scope: Scope::new(&program),
            inputs: &values,
            outputs: &values,
        };
        for text in [
            "answer[0] == \"no\"",
            "answer[0] == \"yes\"",
            "answer[0] in {\"no\", \"perhaps\"}",
            "answer[0] != \"yes\"",
        ] {
            assert_eq!(
                both(&program, text, &values),
                run.holds(&parse(&program, text)),
                "{text} of {n}"
            );
        }
    }
    for (n, holds) in [
        (-2, false),
        (-1, true),
        (1, true),
        (2, false),
        (5, false),
        (6, true),
        (9, true),
        (10, false),
    ] {
        assert_eq!(
            both(&program, "answer[0] == \"no\"", &[vec![n]]),
            holds,
            "{n}"
        );
    }
}

#[test]
fn a_batch_has_a_bit_for_each_sample() {
    let program = copying(&[
        Port::new("y", &[1, 3], (-8, 7), 0),
        Port::new("z", &[2, 2], (0, 9), 1),
    ]);
    let claim = parse(
        &program,
        "(argmax(y) == 1 or max(z[1]) - min(y) >= 5) and 0.5 <= mean(z) < 3 and not y[2] in {0, 3}",
    );
    let batched = with_claim(&program, &claim)
        .unwrap()
        .batched(4)
        .unwrap()
        .program;
    let samples = [
        ([0, 5, 1], [1, 2, 3, 4]),
        ([0, 0, 1], [1, 2, 3, 4]),
        ([-8, 0, 1], [9, 2, 3, 1]),
        ([-8, 5, 0], [9, 2, 3, 4]),
    ];
    let inputs = [
        samples.iter().flat_map(|(y, _)| *y).collect(),
        samples.iter().flat_map(|(_, z)| *z).collect(),
    ];
    let trace = batched.bind(Weights::new()).unwrap().run(&inputs).unwrap();
    let expected = samples.map(|(y, z)| {
        let values = [y.to_vec(), z.to_vec()];
        i64::from(
            claim
                .holds(&Scope::new(&program), &values, &values)
                .unwrap(),
        )
    });
    assert_eq!(trace.outputs(&batched).last().unwrap(), &expected);
    assert!(
        expected.contains(&0) && expected.contains(&1),
        "{expected:?}"
    );
}

/// Clamps cut off on purpose: a run does not tell of it as of values that were too great.
#[test]
fn a_claim_saturates_nothing() {
    let program = copying(&[Port::new("x", &[2], (-100, 100), 0)]);
    let claim = parse(&program, "x[0] > 3 and not x[1] in [-2, 2]");
    let with = with_claim(&program, &claim).unwrap();
    let trace = with
        .bind(Weights::new())
        .unwrap()
        .run(&[vec![90, -90]])
        .unwrap();
    assert_eq!(trace.outputs(&with).last().unwrap(), &[1]);
    assert_eq!(trace.saturations(&with), []);
}
