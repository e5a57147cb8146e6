//! The program that claims are about.

use inferproof_program::{Builder, Meaning, ValidProgram};

/// Inputs and outputs of several shapes, scales, ranges and meanings.
pub fn program() -> ValidProgram {
    let mut builder = Builder::new();
    let mut outputs = Vec::new();
    for (name, shape, range, scale) in [
        ("x", &[1, 4][..], -8..=7, 3),
        ("z", &[3, 2], 0..=255, 0),
        ("score", &[1, 1], -(1 << 15)..=(1 << 15) - 1, 14),
        ("k", &[], 0..=9, -2),
        ("animal", &[2], 0..=3, 0),
        ("age", &[2], 0..=121, 0),
        ("a \"b\"", &[2], -(1 << 40)..=1 << 40, 30),
    ] {
        let id = builder.input(name, shape, range).unwrap();
        builder.set_scale(id, scale);
        match name {
            "animal" => builder.meaning(Meaning {
                tensor: id,
                categories: ["cat", "dog", "o\nwl"].map(String::from).to_vec(),
                missing: None,
            }),
            "age" => builder.meaning(Meaning {
                tensor: id,
                categories: vec![],
                missing: Some(121),
            }),
            _ => {}
        }
        outputs.push((id, name));
    }
    for (id, name) in outputs {
        let output = builder.read(id, vec![]).unwrap();
        // `x` is the name of an input and of an output.
        builder.rename(output, if name == "x" { "x" } else { "out" });
        if name == "x" || name == "z" {
            builder.output(output);
        }
    }
    builder.finish().unwrap()
}

/// Claims that are allowed.
#[allow(dead_code, reason = "for the seeds alone")]
pub const CLAIMS: [&str; 9] = [
    "score[0] >= 0.8",
    "argmax(input:x) == 3 or argmax(output:x) in {1, 3}",
    "0.2 <= input:x[1] < 0.5 and not k in {4, 8}",
    "2*score[0] - z[1,0]/3 >= -1e-2",
    "mean(z) - max(out[1]) + min(input:x) > 1/3",
    "animal[0] == \"cat\" or animal[1] in {\"dog\", \"o\\nwl\"}",
    "missing(age[0]) or age[0] in [18, 65]",
    "\"a \\\"b\\\"\"[0] != \"a \\\"b\\\"\"[1]",
    "not (sum(z[2]) <= 100 and (k > 3 or z[0, 0] == 7))",
];
