//! Models that no converter writes: each is refused by name, and none makes the importer panic or allocate without bound.

use crate::OnnxError;
use crate::import::domains::ML;
use crate::import::{ImportOptions, Model, import};
use crate::proto as pb;
use crate::proto::{AttributeType, Dimension, Length, TensorType, TypeValue};

fn attribute(name: &str) -> pb::AttributeProto {
    pb::AttributeProto {
        name: name.into(),
        ..Default::default()
    }
}

fn ints(name: &str, ints: &[i64]) -> pb::AttributeProto {
    pb::AttributeProto {
        ints: ints.to_vec(),
        r#type: AttributeType::Ints as i32,
        ..attribute(name)
    }
}

fn floats(name: &str, floats: &[f32]) -> pb::AttributeProto {
    pb::AttributeProto {
        floats: floats.to_vec(),
        r#type: AttributeType::Floats as i32,
        ..attribute(name)
    }
}

fn word(name: &str, word: &str) -> pb::AttributeProto {
    pb::AttributeProto {
        r#type: AttributeType::String as i32,
        s: word.as_bytes().to_vec().into(),
        ..attribute(name)
    }
}

fn int(name: &str, i: i64) -> pb::AttributeProto {
    pb::AttributeProto {
        i,
        r#type: AttributeType::Int as i32,
        ..attribute(name)
    }
}

fn strings(name: &str, strings: &[&str]) -> pb::AttributeProto {
    pb::AttributeProto {
        r#type: AttributeType::Strings as i32,
        strings: strings
            .iter()
            .map(|s| s.as_bytes().to_vec().into())
            .collect(),
        ..attribute(name)
    }
}

fn port(name: &str, dims: &[Option<i64>]) -> pb::ValueInfoProto {
    let dims = dims.iter().map(|len| Dimension {
        value: Some(match len {
            Some(len) => Length::Value(*len),
            None => Length::Param("N".into()),
        }),
    });
    let tensor = TensorType {
        elem_type: 1,
        shape: Some(pb::TensorShapeProto {
            dim: dims.collect(),
        }),
    };
    pb::ValueInfoProto {
        name: name.into(),
        r#type: Some(pb::TypeProto {
            value: Some(TypeValue::Tensor(tensor)),
        }),
    }
}

/// A node `the_node` of the domain, reading `x` and making `y`.
fn node(op: &str, attributes: Vec<pb::AttributeProto>) -> pb::NodeProto {
    pb::NodeProto {
        name: "the_node".into(),
        op_type: op.into(),
        domain: ML.into(),
        input: vec!["x".into()],
        output: vec!["y".into()],
        attribute: attributes,
        ..Default::default()
    }
}

fn model(nodes: Vec<pb::NodeProto>, input: pb::ValueInfoProto) -> pb::ModelProto {
    let set = |domain: &str, version| pb::OperatorSetIdProto {
        domain: domain.into(),
        version,
    };
    pb::ModelProto {
        opset_import: vec![set(ML, 3), set("", 17)],
        graph: Some(pb::GraphProto {
            node: nodes,
            input: vec![input],
            output: vec![port("y", &[])],
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn imported(model: pb::ModelProto) -> Result<Model, OnnxError> {
    import(&model, &ImportOptions::default())
}

/// What one node on four features is refused with.
fn refusal(node: pb::NodeProto) -> String {
    let model = model(vec![node], port("x", &[None, Some(4)]));
    imported(model).err().expect("refused").to_string()
}

/// A tree of two branches and three leaves, with one weight for each leaf.
fn tree() -> Vec<pb::AttributeProto> {
    vec![
        ints("nodes_treeids", &[7; 5]),
        ints("nodes_nodeids", &[0, 1, 2, 3, 4]),
        ints("nodes_featureids", &[2, 0, 0, 3, 0]),
        floats("nodes_values", &[0.5, 0.0, 0.0, 1.5, 0.0]),
        strings(
            "nodes_modes",
            &["BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_GT", "LEAF"],
        ),
        ints("nodes_truenodeids", &[1, 0, 0, 2, 0]),
        ints("nodes_falsenodeids", &[3, 0, 0, 4, 0]),
        ints("target_treeids", &[7; 3]),
        ints("target_nodeids", &[1, 2, 4]),
        ints("target_ids", &[0; 3]),
        floats("target_weights", &[1.0, 2.0, 3.0]),
    ]
}

/// The tree with attributes replaced.
fn altered(with: Vec<pb::AttributeProto>) -> pb::NodeProto {
    let mut attributes = tree();
    for new in with {
        attributes.retain(|a| a.name != new.name);
        attributes.push(new);
    }
    node("TreeEnsembleRegressor", attributes)
}

#[test]
fn a_tree_is_imported_with_an_open_batch_of_one() {
    let model = model(vec![altered(vec![])], port("x", &[None, Some(4)]));
    let model = imported(model).expect("imported");
    assert_eq!(model.inputs[0].shape, [1, 4]);
    assert_eq!(model.outputs[0].shape, [1, 1]);
    let run = |x: [f64; 4]| {
        let values = crate::float::evaluate(&model.graph, &[x.to_vec()], |_| true).unwrap();
        values.get(model.graph.outputs[0]).unwrap()[0].0
    };
    assert_eq!(run([0.0, 0.0, 0.5, 0.0]), 1.0);
    assert_eq!(run([0.0, 0.0, 0.75, 1.75]), 2.0);
    assert_eq!(run([0.0, 0.0, 0.75, 1.5]), 3.0);
}

#[test]
fn trees_that_are_none_are_refused() {
    let cases = [
        (
            vec![ints("nodes_featureids", &[4, 0, 0, 3, 0])],
            "node 0 of tree 7 reads feature 4 of 4",
        ),
        (
            vec![ints("nodes_featureids", &[-1, 0, 0, 3, 0])],
            "reads feature -1 of 4",
        ),
        (
            vec![ints("nodes_truenodeids", &[0, 0, 0, 2, 0])],
            "node 0 of tree 7 is reached in two ways",
        ),
        (
            vec![ints("nodes_truenodeids", &[1, 0, 0, 0, 0])],
            "node 0 of tree 7 is reached in two ways",
        ),
        (
            vec![ints("nodes_falsenodeids", &[1, 0, 0, 4, 0])],
            "node 1 of tree 7 is reached in two ways",
        ),
        (
            vec![ints("nodes_falsenodeids", &[9, 0, 0, 4, 0])],
            "has the child 9, which does not exist",
        ),
        (
            vec![ints("nodes_nodeids", &[0, 1, 1, 3, 4])],
            "node 1 of tree 7 occurs twice",
        ),
        (
            vec![ints("nodes_treeids", &[7, 7, 8, 7, 7])],
            "the nodes of tree 7 are not in one place",
        ),
        (
            vec![ints("nodes_nodeids", &[0, 1, 2, 3])],
            "attribute `nodes_nodeids` has 4 entries, `nodes_treeids` 5",
        ),
        (
            vec![floats("nodes_values", &[0.5])],
            "attribute `nodes_values` has 1 entries",
        ),
        (
            vec![floats("nodes_values", &[f32::NAN, 0.0, 0.0, 1.5, 0.0])],
            "attribute `nodes_values` holds NaN",
        ),
        (
            vec![floats("target_weights", &[1.0, f32::INFINITY, 3.0])],
            "attribute `target_weights` holds inf",
        ),
        (
            vec![floats("target_weights", &[1.0])],
            "attribute `target_weights` has 1 entries, `target_ids` 3",
        ),
        (
            vec![ints("target_ids", &[0, 1, 0])],
            "attribute `target_ids` holds 1; there are 1 of them",
        ),
        (
            vec![ints("target_nodeids", &[1, 2, 5])],
            "node 5 of tree 7, which does not exist",
        ),
        (
            vec![ints("target_nodeids", &[1, 2, 3])],
            "node 3 of tree 7 is a branch, but has a weight",
        ),
        (
            vec![strings(
                "nodes_modes",
                &["BRANCH_IN", "LEAF", "LEAF", "BRANCH_GT", "LEAF"],
            )],
            "attribute `nodes_modes` holds `BRANCH_IN`",
        ),
        (
            vec![word("aggregate_function", "MIN")],
            "attribute `aggregate_function` is `MIN`",
        ),
        (
            vec![word("post_transform", "PROBIT")],
            "attribute `post_transform` is `PROBIT`",
        ),
        (
            vec![floats("base_values", &[1.0, 2.0])],
            "attribute `base_values` has 2 entries",
        ),
        (vec![int("n_targets", 0)], "attribute `n_targets` is 0"),
        (
            vec![int("n_targets", i64::MAX)],
            "attribute `n_targets` is 9223372036854775807",
        ),
        // A small file that asks for gigabytes.
        (
            vec![int("n_targets", 1 << 28)],
            "its trees need a tensor of shape [268435456, 1, 3]",
        ),
    ];
    for (with, expected) in cases {
        let message = refusal(altered(with));
        let start =
            "node `the_node` (ai.onnx.ml.TreeEnsembleRegressor, opset 3) is not supported: ";
        assert!(message.starts_with(start), "{message}");
        assert!(
            message.contains(expected),
            "expected `{expected}`, got `{message}`"
        );
    }
    let empty = tree().into_iter().map(|a| attribute(&a.name)).collect();
    assert!(refusal(node("TreeEnsembleRegressor", empty)).contains("it has no trees"));
}

/// A chain as deep as the file is long neither recurses nor fills memory.
#[test]
fn a_tree_that_is_a_chain_is_refused_for_its_size() {
    let depth = 40_000i64;
    let count = 2 * depth as usize + 1;
    let is_branch = |i: &i64| i % 2 == 0 && *i < 2 * depth;
    let nodes: Vec<i64> = (0..count as i64).collect();
    let child = |step: i64| -> Vec<i64> {
        let children = nodes
            .iter()
            .map(|i| if is_branch(i) { i + step } else { 0 });
        children.collect()
    };
    let modes: Vec<&str> = nodes
        .iter()
        .map(|i| if is_branch(i) { "BRANCH_LT" } else { "LEAF" })
        .collect();
    let message = refusal(altered(vec![
        ints("nodes_treeids", &vec![7; count]),
        ints("nodes_nodeids", &nodes),
        ints("nodes_featureids", &vec![0; count]),
        floats("nodes_values", &vec![0.0; count]),
        strings("nodes_modes", &modes),
        ints("nodes_truenodeids", &child(1)),
        ints("nodes_falsenodeids", &child(2)),
        ints("target_treeids", &[]),
        ints("target_nodeids", &[]),
        ints("target_ids", &[]),
        floats("target_weights", &[]),
    ]));
    assert!(
        message.contains("the ways to its leaves have more than 67108864 steps"),
        "{message}"
    );
}

#[test]
fn conventions_that_nobody_defines_are_refused() {
    let classifier = |ids: &[i64], with: Vec<pb::AttributeProto>| {
        let mut attributes: Vec<_> = tree();
        for a in &mut attributes {
            a.name = a.name.replace("target", "class");
        }
        for new in with.into_iter().chain([ints("class_ids", ids)]) {
            attributes.retain(|a| a.name != new.name);
            attributes.push(new);
        }
        refusal(node("TreeEnsembleClassifier", attributes))
    };
    let labels = |labels: &[i64]| ints("classlabels_int64s", labels);
    for (ids, with, expected) in [
        (
            &[0, 0, 0],
            vec![labels(&[5])],
            "1 class labels; expected two or more",
        ),
        (
            &[0, 0, 0],
            vec![labels(&[0, 1 << 40])],
            "the class label 1099511627776",
        ),
        (
            &[0, 1, 1],
            vec![labels(&[0, 1]), floats("base_values", &[0.5])],
            "base values where two classes",
        ),
        (
            &[0, 1, 1],
            vec![labels(&[0, 1])],
            "may reach no leaf with a weight for some class",
        ),
        (
            &[0, 1, 2],
            vec![
                labels(&[0, 1, 2]),
                floats("class_weights", &[-1.0, 1.0, 1.0]),
            ],
            "may reach no leaf",
        ),
    ] {
        let message = classifier(ids, with);
        assert!(
            message.contains(expected),
            "expected `{expected}`, got `{message}`"
        );
    }
}

#[test]
fn attributes_that_do_not_fit_are_refused() {
    let linear = |op: &str, more: Vec<pb::AttributeProto>| refusal(node(op, more));
    for (message, expected) in [
        (
            linear("LinearRegressor", vec![floats("coefficients", &[1.0; 3])]),
            "attribute `coefficients` has 3 entries; expected 1 times 4",
        ),
        (
            linear(
                "LinearRegressor",
                vec![floats("coefficients", &[1.0; 4]), int("targets", 1 << 27)],
            ),
            "expected 134217728 times 4",
        ),
        (
            linear(
                "LinearClassifier",
                vec![
                    floats("coefficients", &[1.0; 8]),
                    ints("classlabels_ints", &[0, 1]),
                ],
            ),
            "attribute `intercepts` has 0 entries for 2 classes",
        ),
        (
            linear("Scaler", vec![floats("scale", &[1.0; 4])]),
            "have 0 and 4 entries, for 4 features",
        ),
        (
            linear("Normalizer", vec![word("norm", "L3")]),
            "attribute `norm` is `L3`",
        ),
        (
            linear("ArrayFeatureExtractor", vec![]),
            "its input 1 is missing",
        ),
        (
            linear("TreeEnsemble", vec![]),
            "version 3 of this operation is not supported",
        ),
    ] {
        assert!(
            message.contains(expected),
            "expected `{expected}`, got `{message}`"
        );
    }
}

#[test]
fn versions_of_the_domain_that_are_not_known_are_named() {
    let mut newer = model(vec![altered(vec![])], port("x", &[None, Some(4)]));
    newer.opset_import[0].version = 6;
    let message = imported(newer).err().expect("refused").to_string();
    assert!(
        message.contains("version of the domain `ai.onnx.ml` 6"),
        "{message}"
    );
}

#[test]
fn shapes_and_names_that_do_not_fit_are_refused() {
    let scaler = || {
        node(
            "Scaler",
            vec![floats("offset", &[0.0]), floats("scale", &[1.0])],
        )
    };
    let message = |input| {
        let refused = imported(model(vec![scaler()], input)).err();
        refused.expect("refused").to_string()
    };
    assert!(message(port("x", &[None, None])).contains("--dim N="));
    assert!(message(port("x", &[])).contains("expected one or two axes"));
    assert!(message(port("x", &[Some(1), Some(2), Some(3)])).contains("expected one or two axes"));
    assert!(message(port("x", &[None, Some(1 << 40)])).contains("at most 268435456 entries"));
    assert!(message(port("w", &[None, Some(4)])).contains("it reads `x`, which nothing before"));
}
