//! Trigonometric and hyperbolic functions and their inverses; Tanh stands with the other functions of one number.

use crate::function::Trigonometric;
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::Operation;
use crate::import::value::Value;

macro_rules! functions {
    ($($name:literal, $versions:expr;)*) => {
        $(inventory::submit! { Operation::new($name, &$versions, import).row("", "a table") })*
    };
}

functions! {
    "Sin", [7, 22];
    "Cos", [7, 22];
    "Tan", [7, 22];
    "Asin", [7, 22];
    "Acos", [7, 22];
    "Atan", [7, 22];
    "Sinh", [9, 22];
    "Cosh", [9, 22];
    "Asinh", [9, 22];
    "Acosh", [9, 22];
    "Atanh", [9, 22];
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let function = match node.op() {
        "Sin" => Trigonometric::Sin,
        "Cos" => Trigonometric::Cos,
        "Tan" => Trigonometric::Tan,
        "Asin" => Trigonometric::Asin,
        "Acos" => Trigonometric::Acos,
        "Atan" => Trigonometric::Atan,
        "Sinh" => Trigonometric::Sinh,
        "Cosh" => Trigonometric::Cosh,
        "Asinh" => Trigonometric::Asinh,
        "Acosh" => Trigonometric::Acosh,
        "Atanh" => Trigonometric::Atanh,
        other => return refuse(format!("no function is called {other}")),
    };
    let source = importer.input(node, 0)?;
    let layer = importer.function(&node.origin, source, function.into())?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
