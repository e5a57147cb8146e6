//! What is refused, in which words, and with which place marked.

use super::*;
use crate::claim::{Comparison, Node, Relation};
use crate::number::Number;
use crate::quantity::{Function, Place, Quantity};
use crate::sum::Summand;
use crate::{ClaimProblem, Role};

fn program() -> ValidProgram {
    copying(&[
        Port::new("score", &[1, 2], (-(1 << 15), (1 << 15) - 1), 14),
        Port::new("z", &[3, 4], (0, 15), 0),
        Port::new("k", &[], (0, 9), 0),
        Port::texts("animal", &[2], &["cat", "dog"]),
        Port::new("age", &[2], (0, 121), 0).with_missing(),
        Port::new("wide", &[2], (-(1 << 40), 1 << 40), 0),
    ])
}

/// The message of a text that is refused.
fn refused(text: &str) -> String {
    let program = program();
    match Claim::parse(text, &Scope::new(&program)) {
        Ok(claim) => panic!("{text} is accepted as {claim:?}"),
        Err(e) => e.to_string(),
    }
}

#[test]
fn the_place_is_shown() {
    for (text, message) in [
        (
            "scor[0] >= 0.8",
            "the model has no input or output `scor`; it has input:score, input:z, input:k, input:animal, input:age, input:wide, \
             output:\"score out\", output:\"z out\", output:\"k out\", output:\"animal out\", output:\"age out\", output:\"wide out\"\n    \
             scor[0] >= 0.8\n    \
             ^^^^",
        ),
        (
            "output:score[0] >= 0.8",
            "the model has no input or output `output:score`; it has input:score, input:z, input:k, input:animal, input:age, input:wide, \
             output:\"score out\", output:\"z out\", output:\"k out\", output:\"animal out\", output:\"age out\", output:\"wide out\"\n    \
             output:score[0] >= 0.8\n    \
             ^^^^^^^^^^^^",
        ),
        (
            "k == 1 and score[2] >= 0.8",
            "index 2 is out of range: axis 1 of `score` has 2 entries, from 0\n    \
             k == 1 and score[2] >= 0.8\n    \
             \u{20}                ^",
        ),
        (
            "z[1] >= 3",
            "`z` has shape [3, 4]: 2 indices are needed here, not 1\n    \
             z[1] >= 3\n    \
             ^^^^",
        ),
        (
            "argmax(z) == 3",
            "`z` has shape [3, 4]: an index has to be given, as in `[0]`\n    \
             argmax(z) == 3\n    \
             \u{20}      ^",
        ),
        (
            "k[0] >= 3",
            "`k` has shape []: no index can be given here\n    \
             k[0] >= 3\n    \
             ^^^^",
        ),
        (
            "animal[0] >= 1",
            "`animal[0]` holds texts: compare it by `==`, `!=` or `in` with one of \"cat\", \"dog\"\n    \
             animal[0] >= 1\n    \
             ^^^^^^^^^^^^^^",
        ),
        (
            "k + animal[1] > 3",
            "`animal[1]` holds texts: compare an entry by `==`, `!=` or `in` with one of \"cat\", \"dog\"\n    \
             k + animal[1] > 3\n    \
             \u{20}   ^^^^^^^^^",
        ),
        (
            "k == \"cat\"",
            "`k` holds numbers: it cannot be compared with the text \"cat\"\n    \
             k == \"cat\"\n    \
             \u{20}    ^^^^^",
        ),
        (
            "animal[0] == \"cow\"",
            "\"cow\" is none of the texts that `animal` can be told to hold: \"cat\", \"dog\"\n    \
             animal[0] == \"cow\"\n    \
             \u{20}            ^^^^^",
        ),
        (
            "missing(k)",
            "no value of `k` can be missing: the model does not know missing values there\n    \
             missing(k)\n    \
             ^^^^^^^^^^",
        ),
        (
            "max(age) > 3",
            "values of `age` may be missing, so `max` is not defined; compare its entries\n    \
             max(age) > 3\n    \
             \u{20}   ^^^",
        ),
        (
            "k = 3",
            "unexpected `=`; equality is `==`\n    \
             k = 3\n    \
             \u{20} ^",
        ),
        (
            "k >= 3 or\nk > > 4",
            "expected a number, a name or `(`, found `>`\n    \
             k > > 4\n    \
             \u{20}   ^",
        ),
        (
            "k * z[0, 0] >= 3",
            "a product of two entries: one side of `*` has to be a number that reads no tensor\n    \
             k * z[0, 0] >= 3\n    \
             ^^^^^^^^^^^",
        ),
        (
            "k >= 1/0",
            "a division by zero\n    \
             k >= 1/0\n    \
             \u{20}    ^^^",
        ),
        (
            "k >= 0.12345678901234567891",
            "the number has too many digits: numerators and denominators may reach 2^62\n    \
             k >= 0.12345678901234567891\n    \
             \u{20}    ^^^^^^^^^^^^^^^^^^^^^^",
        ),
        (
            "k + 1",
            "expected a comparison, as in `x[0] >= 0.5`, found a number\n    \
             k + 1\n    \
             ^^^^^",
        ),
        (
            "(k > 1) + 2 > 3",
            "expected a number, found a comparison\n    \
             (k > 1) + 2 > 3\n    \
             ^^^^^^^",
        ),
        (
            "k > 1 k > 2",
            "expected `and`, `or` or the end, found `k`\n    \
             k > 1 k > 2\n    \
             \u{20}     ^",
        ),
        (
            "\"ü\" > 1 and é > 2",
            "unexpected `é`; names with other characters than letters, digits and _ are quoted, as in `\"a b\"[0]`\n    \
             \"ü\" > 1 and é > 2\n    \
             \u{20}           ^",
        ),
        (
            "1 < 2",
            "expected a comparison that reads an input or an output, found `1 < 2`\n    \
             1 < 2\n    \
             ^^^^^",
        ),
        (
            "k - k < 2",
            "expected a comparison that reads an input or an output, found `k - k < 2`\n    \
             k - k < 2\n    \
             ^^^^^^^^^",
        ),
        (
            "",
            "expected a number, a name or `(`, found the end\n    \n    ^",
        ),
        (
            "animal[0] == \"cat",
            "expected a closing \", found the end\n    \
             animal[0] == \"cat\n    \
             \u{20}            ^^^^",
        ),
    ] {
        assert_eq!(refused(text), message, "{text}");
    }
}

#[test]
fn a_name_that_is_both_is_ambiguous() {
    let mut builder = Builder::new();
    let x = builder.input("x", &[1], 0..=9).unwrap();
    builder.output(x);
    let program = builder.finish().unwrap();
    let scope = Scope::new(&program);
    let refused = Claim::parse("x[0] > 1", &scope).unwrap_err();
    assert!(
        matches!(refused.problem(), ClaimProblem::Ambiguous { .. }),
        "{refused}"
    );
    assert_eq!(refused.span(), Some(0..1));
    for text in ["input:x[0] > 1", "output:x[0] > 1"] {
        assert_eq!(Claim::parse(text, &scope).unwrap().text(&scope), text);
    }
}

#[test]
fn what_is_always_true_or_false_says_nothing() {
    for (text, answer) in [
        ("score[0] >= 2", false),
        ("score[0] >= -2", true),
        ("score[0] == 1/3", false),
        ("score[0] != 1/3", true),
        ("z[0,0] in [-1, 15]", true),
        ("z[0,0] in [16, 20]", false),
        ("z[0,0] in [3, 2]", false),
        ("z[0,0] in {3, 17}", false),
        ("z[0,0] in {3, 3.5}", false),
        ("argmax(z[0]) == 4", false),
        ("argmax(z[0]) in [0, 3]", true),
        ("argmax(z[0]) == 1.5", false),
        ("sum(z) <= 180", true),
        ("k + z[0,0] > 24", false),
        ("animal[0] in {\"cat\", \"dog\"} or k > 9", false),
        ("score[0] >= 0.8 and score[0] < 0.2", false),
        ("score[0] >= 0.2 or 5*score[0] < 2", true),
        ("k > 1 or not (k > 3 and z[0,0] > 1 and k <= 3)", false),
        ("0.8 <= score[0] < 0.2", false),
        ("not k in {1, 2} and k == 1", false),
    ] {
        let program = program();
        let refused = Claim::parse(text, &Scope::new(&program)).unwrap_err();
        let ClaimProblem::Empty { answer: found, .. } = refused.problem() else {
            panic!("{text}: {refused}");
        };
        assert_eq!(*found, answer, "{text}: {refused}");
    }
    assert_eq!(
        refused("k == 1 or score[0] >= 2"),
        "`score[0, 0] >= 2` is false whatever the run, so it says nothing: the integer of `score[0, 0]` is between -32768 and 32767, \
         in units of 2^-14\n    k == 1 or score[0] >= 2\n    \u{20}         ^^^^^^^^^^^^^"
    );
}

#[test]
fn sizes_are_bounded() {
    let many = |count: usize, word: &str| vec!["k > 1"; count].join(word);
    let program = program();
    let scope = Scope::new(&program);
    for word in [" and ", " or "] {
        let claim = Claim::parse(&many(256, word), &scope).unwrap();
        with_claim(&program, &claim).unwrap();
        assert!(refused(&many(257, word)).contains("256 comparisons"));
    }
    let nested = |depth: usize| format!("{}k > 1{}", "(".repeat(depth), ")".repeat(depth));
    Claim::parse(&nested(64), &scope).unwrap();
    assert!(refused(&nested(65)).contains("64 parentheses inside each other"));
    assert!(refused(&nested(20_000)).contains("64 parentheses inside each other"));
    assert!(refused(&"k > 1 and ".repeat(20_000)).contains("65536 words"));
    let alternating = |depth: usize| {
        (0..depth).fold("k > 1".to_owned(), |inner, level| match level % 2 {
            0 => format!("({inner} and z[0,0] > 3)"),
            _ => format!("({inner} or z[0,1] > 3)"),
        })
    };
    let claim = Claim::parse(&alternating(64), &scope).unwrap();
    with_claim(&program, &claim).unwrap();
    let sum = |terms: usize| format!("{} > 1", vec!["0.1*k"; terms].join(" + "));
    Claim::parse(&sum(3000), &scope).unwrap();
    // Negations add up to none or one.
    let negated = format!("{}k > 1", "not ".repeat(16_000));
    assert_eq!(
        Claim::parse(&negated, &scope).unwrap().text(&scope),
        "k > 1"
    );
}

#[test]
fn integers_stay_below_the_static_bound() {
    let program = program();
    let scope = Scope::new(&program);
    // 2^18 times 2^40, and a bit for the bound.
    Claim::parse("wide[0] + 262143*wide[1] > 3", &scope).unwrap();
    let refused = refused("wide[0] + 1048576*wide[1] > 3");
    assert!(refused.contains("may reach 2^60"), "{refused}");
    // Each is allowed, and together they are too great for one tensor: they get several.
    let wide: Vec<String> = (1..40)
        .map(|k| format!("wide[0] + 131071*wide[1] > {k}"))
        .collect();
    let claim = Claim::parse(&wide.join(" and "), &scope).unwrap();
    with_claim(&program, &claim).unwrap();
}

/// Values that no text has: each is refused, and none panics, whatever is asked of it.
#[test]
fn what_is_decoded_is_checked() {
    let program = program();
    let scope = Scope::new(&program);
    let number = |numerator, denominator| {
        let bytes = postcard::to_allocvec(&(numerator, denominator)).unwrap();
        postcard::from_bytes::<Number>(&bytes).unwrap()
    };
    let place = |position, index: &[u32]| Place {
        role: Role::Input,
        position,
        index: index.to_vec(),
    };
    let entry = |position, index: &[u32]| Quantity {
        of: place(position, index),
        function: Function::Entry,
    };
    let summand = |factor, quantity| Summand { factor, quantity };
    let one = number(1i64, 1i64);
    let relation = |sum: Vec<Summand>, number| {
        Node::Comparison(Comparison::Relation {
            sum,
            relation: Relation::AtLeast,
            number,
        })
    };
    let fine = || relation(vec![summand(one, entry(2, &[]))], one);
    assert_eq!(Claim(vec![fine()]).check(&scope), Ok(()));
    let of = |quantity| relation(vec![summand(one, quantity)], one);
    let function = |position, index: &[u32], function| Quantity {
        of: place(position, index),
        function,
    };
    let list = |numbers: Vec<Number>| {
        Node::Comparison(Comparison::Among {
            sum: vec![summand(one, entry(2, &[]))],
            numbers,
        })
    };
    let texts = |position, texts: &[&str]| {
        Node::Comparison(Comparison::Texts {
            entry: place(position, &[0]),
            texts: texts.iter().map(|text| (*text).into()).collect(),
        })
    };
    let mut deep = vec![fine()];
    for level in 0..100_000 {
        deep.extend([
            fine(),
            if level % 2 == 0 {
                Node::And(2)
            } else {
                Node::Or(2)
            },
        ]);
    }
    let wrong = [
        vec![],
        vec![Node::Not],
        vec![Node::And(0)],
        vec![fine(), fine()],
        vec![fine(), Node::And(1)],
        vec![fine(), Node::And(2)],
        vec![fine(), fine(), Node::And(u32::MAX)],
        vec![fine(), Node::Not, Node::Not],
        vec![fine(), fine(), Node::And(2), fine(), Node::And(2)],
        deep,
        vec![relation(vec![summand(one, entry(2, &[]))], number(2, 2))],
        vec![relation(vec![summand(one, entry(2, &[]))], number(1, 0))],
        vec![relation(
            vec![summand(one, entry(2, &[]))],
            number(i64::MIN, i64::MIN),
        )],
        vec![relation(
            vec![summand(number(i64::MIN, -1), entry(2, &[]))],
            one,
        )],
        vec![relation(vec![summand(number(-1, 1), entry(2, &[]))], one)],
        vec![relation(vec![summand(number(0, 1), entry(2, &[]))], one)],
        vec![relation(vec![], one)],
        vec![relation(
            vec![summand(one, entry(2, &[])), summand(one, entry(1, &[0, 0]))],
            one,
        )],
        vec![relation(
            vec![summand(one, entry(2, &[])), summand(one, entry(2, &[]))],
            one,
        )],
        vec![of(entry(6, &[0]))],
        vec![of(entry(u32::MAX, &[]))],
        vec![of(entry(1, &[0]))],
        vec![of(entry(1, &[0, 4]))],
        vec![of(entry(1, &[0, u32::MAX]))],
        vec![of(entry(2, &[0]))],
        vec![of(entry(3, &[0]))],
        vec![of(function(2, &[], Function::Argmax))],
        vec![of(function(1, &[0, 0], Function::Argmax))],
        vec![of(function(0, &[0], Function::Max))],
        vec![of(function(4, &[], Function::Sum))],
        vec![list(vec![])],
        vec![list(vec![one])],
        vec![list(vec![number(3, 1), number(2, 1)])],
        vec![list(vec![number(3, 1), number(3, 1)])],
        vec![Node::Comparison(Comparison::Range {
            sum: vec![summand(one, entry(2, &[]))],
            low: number(3, 1),
            high: number(3, 1),
        })],
        vec![texts(3, &[])],
        vec![texts(3, &["dog", "cat"])],
        vec![texts(3, &["cow"])],
        vec![texts(4, &["cat"])],
        vec![texts(9, &["cat"])],
        vec![Node::Comparison(Comparison::Missing {
            entry: place(2, &[]),
        })],
        vec![Node::Comparison(Comparison::Missing {
            entry: place(4, &[]),
        })],
    ];
    let values: Vec<Vec<i64>> = program.tensors[..6]
        .iter()
        .map(|t| vec![0; t.volume()])
        .collect();
    for nodes in wrong {
        let claim = Claim(nodes);
        let refused = claim.check(&scope).unwrap_err();
        assert_eq!(refused.span(), None);
        assert!(!refused.to_string().is_empty());
        let _ = claim.text(&scope);
        assert_eq!(claim.explain(&scope), Err(refused.clone()));
        assert_eq!(claim.holds(&scope, &values, &values), Err(refused.clone()));
        assert_eq!(with_claim(&program, &claim).err(), Some(refused));
    }
}

#[test]
fn values_that_are_not_those_of_a_run() {
    let program = program();
    let scope = Scope::new(&program);
    let claim = parse(&program, "k > 1");
    let good: Vec<Vec<i64>> = program.tensors[..6]
        .iter()
        .map(|t| vec![0; t.volume()])
        .collect();
    assert_eq!(claim.holds(&scope, &good, &good), Ok(false));
    let with = |position: usize, values: Vec<i64>| {
        let mut all = good.clone();
        all[position] = values;
        all
    };
    for (inputs, outputs) in [
        (good[1..].to_vec(), good.clone()),
        (good.clone(), vec![]),
        (with(2, vec![]), good.clone()),
        (with(2, vec![1, 1]), good.clone()),
        (with(2, vec![10]), good.clone()),
        (good.clone(), with(0, vec![0, 1 << 15])),
    ] {
        let refused = claim.holds(&scope, &inputs, &outputs).unwrap_err();
        assert!(
            matches!(refused.problem(), ClaimProblem::Values(_)),
            "{refused}"
        );
    }
}
