//! What a claim is said to mean.

use super::*;

#[test]
fn integers_units_and_notes_are_said() {
    let mut builder = Builder::new();
    let x = builder.input("x", &[2], -128..=127).unwrap();
    builder.set_scale(x, 3);
    let k = builder.input("k", &[4], 0..=121).unwrap();
    builder.meaning(Meaning {
        tensor: k,
        categories: vec![],
        missing: Some(121),
    });
    let score = builder.rescale(x, 1, -20..=20).unwrap();
    builder.rename(score, "score");
    let relu = builder.rescale(x, 0, 0..=60).unwrap();
    builder.limit(inferproof_program::Limit {
        low: i64::MIN,
        ..inferproof_program::Limit {
            tensor: relu,
            low: 0,
            high: 61,
        }
    });
    builder.rename(relu, "relu");
    let row = builder
        .read(
            score,
            vec![inferproof_view::Step::Insert { axis: 0, len: 1 }],
        )
        .unwrap();
    builder.rename(row, "row");
    for id in [score, relu, row] {
        builder.output(id);
    }
    let program = builder.finish().unwrap();
    let scope = Scope::new(&program);
    let end = |name: &str, end: &str, beyond: &str| {
        format!(
            "; {end} is the end of the range of `{name}`, to which everything {beyond} it is moved: there it says that the value is {end} or {beyond}"
        )
    };
    for (text, words) in [
        ("x[0] < 1/3", "`x[0] < 1/3` means n <= 2, where n is the integer of `x[0]`, in units of 2^-3".to_owned()),
        (
            "2*x[0] - score[1]/2 >= 0.25",
            "`2*x[0] - 0.5*score[1] >= 0.25` means 2*n1 - n2 >= 2, where n1 is the integer of `x[0]`, in units of 2^-3, \
             n2 is the integer of `score[1]`, in units of 2^-2".to_owned(),
        ),
        ("mean(x) in [0.5, 1]", "`mean(x) in [0.5, 1]` means 8 <= n <= 16, where n is the integer of `sum(x)`, in units of 2^-3".to_owned()),
        ("argmax(x) != 0", "`argmax(x) != 0` means n = 1, where n is the index `argmax(x)`".to_owned()),
        ("score[0] in {1, 2, 2.25}", "`score[0] in {1, 2, 2.25}` means n = 4 or 8 <= n <= 9, where n is the integer of `score[0]`, in units of 2^-2".to_owned()),
        (
            "score[0] >= 5",
            format!("`score[0] >= 5` means n = 20, where n is the integer of `score[0]`, in units of 2^-2{}", end("score", "20", "above")),
        ),
        (
            "row[0] > -5",
            format!("`row[0, 0] > -5` means n >= -19, where n is the integer of `row[0, 0]`, in units of 2^-2{}", end("row", "-20", "below")),
        ),
        ("relu[0] > 0", "`relu[0] > 0` means n >= 1, where n is the integer of `relu[0]`, in units of 2^-3".to_owned()),
        (
            "relu[0] < 7.5",
            format!("`relu[0] < 7.5` means n <= 59, where n is the integer of `relu[0]`, in units of 2^-3{}", end("relu", "60", "above")),
        ),
        (
            "k[0] >= 18",
            "`k[0] >= 18` means 18 <= n <= 120, where n is the integer of `k[0]`; it does not hold where `k[0]` is missing, which n = 121 tells".to_owned(),
        ),
        (
            "missing(k[0])",
            "`missing(k[0])` means n = 121, where n is the integer of `k[0]`; 121 is what a missing value is told by".to_owned(),
        ),
    ] {
        let explained = parse(&program, text).explain(&scope).unwrap();
        assert_eq!(explained.len(), 1);
        assert_eq!(explained[0].to_string(), words);
    }
    let explained = parse(&program, "score[0] > 1 or not (x[0] < 2 and x[1] < 2)")
        .explain(&scope)
        .unwrap();
    let comparisons: Vec<&str> = explained.iter().map(|e| e.comparison.as_str()).collect();
    assert_eq!(comparisons, ["score[0] > 1", "x[0] < 2", "x[1] < 2"]);
}
