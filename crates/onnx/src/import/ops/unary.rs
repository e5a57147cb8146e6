//! Functions of one real number that have no attributes.

use crate::function::Function;
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::Operation;
use crate::import::value::Value;

macro_rules! functions {
    ($($name:literal, $versions:expr, $becomes:literal;)*) => {
        $(inventory::submit! { Operation::new($name, &$versions, import).row("", $becomes) })*
    };
}

functions! {
    "Relu", [6, 13, 14], "a rescale with bounds";
    "Sigmoid", [6, 13], "a table";
    "Tanh", [6, 13], "a table";
    "Exp", [6, 13], "a table";
    "Log", [6, 13], "a table";
    "Sqrt", [6, 13], "an exact root of a sum of squares, else a table";
    "Reciprocal", [6, 13], "a table";
    "Erf", [9, 13], "a table";
    "HardSwish", [14, 22], "a table";
    "Floor", [6, 13], "a table";
    "Ceil", [6, 13], "a table";
    "Round", [11, 22], "a table";
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let function = match node.op() {
        "Relu" => Function::RELU,
        "Sigmoid" => Function::Sigmoid,
        "Tanh" => Function::Tanh,
        "Exp" => Function::Exp,
        "Log" => Function::Ln,
        "Sqrt" => Function::Sqrt,
        "Reciprocal" => Function::Reciprocal,
        "Erf" => Function::Erf,
        "HardSwish" => Function::HardSwish,
        "Floor" => Function::Floor,
        "Ceil" => Function::Ceil,
        "Round" => Function::Round,
        other => return refuse(format!("no function is called {other}")),
    };
    let source = importer.input(node, 0)?;
    let layer = importer.function(&node.origin, source, function)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}
