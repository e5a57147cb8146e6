//! LabelEncoder and CategoryMapper: what stands for each of a list of keys, strings or numbers.

use crate::element::Element;
use crate::import::Importer;
use crate::import::build::classical::lookup::Entries;
use crate::import::domains::ML;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, float, floats, int, ints, string, strings, tensor};
use crate::import::value::Value;
use crate::tensor::Tensor;

inventory::submit! {
    Operation::new("LabelEncoder", &[1, 2, 4], import)
        .domain(ML)
        .attributes(&[
            strings("classes_strings"),
            float("default_float"),
            int("default_int64"),
            string("default_string"),
            tensor("default_tensor"),
            floats("keys_floats"),
            ints("keys_int64s"),
            strings("keys_strings"),
            tensor("keys_tensor"),
            floats("values_floats"),
            ints("values_int64s"),
            strings("values_strings"),
            tensor("values_tensor"),
        ])
        .fold(Fold::Own(evaluate))
        .row(
            "keys are finite numbers or strings",
            "a one-hot code or comparisons, and a contraction",
        )
}
inventory::submit! {
    Operation::new("CategoryMapper", &[1], import)
        .domain(ML)
        .attributes(&[
            ints("cats_int64s"),
            strings("cats_strings"),
            int("default_int64"),
            string("default_string"),
        ])
        .fold(Fold::Own(evaluate))
        .row("", "a one-hot code or comparisons, and a contraction")
}

/// What is looked up, what is found, and what stands for everything else.
struct Mapping {
    keys: Entries,
    values: Entries,
    default: Entries,
    element: Element,
}

impl Mapping {
    fn of(node: &Node<'_>) -> Imported<Self> {
        let from = node.element(0)?;
        let mapping = match node.op() {
            "CategoryMapper" => {
                let names = node.strings("cats_strings")?.unwrap_or_default();
                let numbers = node.ints("cats_int64s").unwrap_or_default().to_vec();
                Self::of_both(node, from, Entries::of_strings(&names), numbers)?
            }
            _ if node.since < 2 => {
                let names = node.strings("classes_strings")?.unwrap_or_default();
                let numbers = (0i64..).take(names.len()).collect();
                Self::of_both(node, from, Entries::of_strings(&names), numbers)?
            }
            _ => Self::of_lists(node)?,
        };
        if mapping.keys.len() != mapping.values.len() {
            return refuse(format!(
                "{} keys and {} values; expected as many",
                mapping.keys.len(),
                mapping.values.len()
            ));
        }
        Ok(mapping)
    }

    /// From strings to integers or back, by what the input holds.
    fn of_both(
        node: &Node<'_>,
        from: Element,
        names: Entries,
        numbers: Vec<i64>,
    ) -> Imported<Self> {
        let default_name = node.string_or("default_string", "_Unused")?;
        let default_number = node.int_or("default_int64", -1);
        Ok(match from {
            Element::String => Self {
                keys: names,
                values: Entries::Integers(numbers),
                default: Entries::Integers(vec![default_number]),
                element: Element::Int64,
            },
            _ => Self {
                keys: Entries::Integers(numbers),
                values: names,
                default: Entries::of_strings(&[default_name]),
                element: Element::String,
            },
        })
    }

    fn of_lists(node: &Node<'_>) -> Imported<Self> {
        let Some((keys, _)) = listed(node, "keys")? else {
            return refuse("it has no keys");
        };
        let Some((values, element)) = listed(node, "values")? else {
            return refuse("it has no values");
        };
        let given = node.tensor("default_tensor")?;
        let default = match (given, &values) {
            (Some(tensor), _) => entries(&tensor),
            (None, Entries::Strings(_)) => {
                Entries::of_strings(&[node.string_or("default_string", "_Unused")?])
            }
            (None, Entries::Integers(_)) => {
                Entries::Integers(vec![node.int_or("default_int64", -1)])
            }
            (None, Entries::Reals(_)) => Entries::Reals(vec![node.float_or("default_float", 0.0)]),
        };
        Ok(Self {
            keys,
            values,
            default,
            element,
        })
    }
}

/// The keys, or the values, in whichever attribute they stand, and their type.
fn listed(node: &Node<'_>, what: &str) -> Imported<Option<(Entries, Element)>> {
    if let Some(tensor) = node.tensor(&format!("{what}_tensor"))? {
        return Ok(Some((entries(&tensor), tensor.element())));
    }
    if let Some(strings) = node.strings(&format!("{what}_strings"))? {
        return Ok(Some((Entries::of_strings(&strings), Element::String)));
    }
    if let Some(integers) = node.ints(&format!("{what}_int64s")) {
        return Ok(Some((Entries::Integers(integers.to_vec()), Element::Int64)));
    }
    let floats = node.floats(&format!("{what}_floats"));
    Ok(floats.map(|floats| (Entries::of_floats(floats), Element::Float)))
}

fn entries(tensor: &Tensor) -> Entries {
    match (tensor.strings(), tensor.integers()) {
        (Some(strings), _) => Entries::Strings(strings.to_vec()),
        (_, Some(integers)) => Entries::Integers(integers.to_vec()),
        _ => Entries::Reals(tensor.reals().unwrap_or_default()),
    }
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let mapping = Mapping::of(node)?;
    let source = importer.input(node, 0)?;
    let origin = &node.origin;
    let matches = importer.matches(origin, source, node.element(0)?, &mapping.keys)?;
    let value = importer.value_of_match(
        origin,
        matches,
        &mapping.values,
        &mapping.default,
        mapping.element,
    )?;
    Ok(vec![value])
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    let mapping = Mapping::of(node)?;
    let source = node.constant(0, "input")?;
    let shape = source.shape().to_vec();
    let places: Vec<Option<usize>> = match (entries(source), &mapping.keys) {
        (Entries::Strings(given), Entries::Strings(keys)) => given
            .iter()
            .map(|text| keys.iter().position(|key| key == text))
            .collect(),
        (Entries::Integers(given), Entries::Integers(keys)) => given
            .iter()
            .map(|number| keys.iter().position(|key| key == number))
            .collect(),
        (Entries::Reals(given), Entries::Reals(keys)) => given
            .iter()
            .map(|number| keys.iter().position(|key| key == number))
            .collect(),
        _ => return refuse("its keys are of another type than its input"),
    };
    fn found<T: Clone>(values: &[T], default: &[T], places: &[Option<usize>]) -> Option<Vec<T>> {
        let found = places.iter().map(|place| match place {
            Some(place) => values.get(*place).cloned(),
            None => default.first().cloned(),
        });
        found.collect()
    }
    let tensor = match (&mapping.values, &mapping.default) {
        (Entries::Strings(values), Entries::Strings(default)) => {
            found(values, default, &places).and_then(|texts| Tensor::of_strings(shape, texts))
        }
        (Entries::Integers(values), Entries::Integers(default)) => found(values, default, &places)
            .and_then(|numbers| Tensor::of_integers(mapping.element, shape, numbers)),
        (Entries::Reals(values), Entries::Reals(default)) => found(values, default, &places)
            .and_then(|numbers| Tensor::of_reals(mapping.element, shape, numbers)),
        _ => None,
    };
    match tensor {
        Some(tensor) => Ok(vec![Value::Constant(tensor)]),
        None => refuse("its default is of another type than its values"),
    }
}
