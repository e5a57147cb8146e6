//! Functions of one real number that have parameters, or that are put together of others.

use crate::function::{Comparison, Expression, Function};
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, string};
use crate::import::value::Value;

macro_rules! activations {
    ($($name:literal, $versions:expr, $attributes:expr;)*) => {
        $(inventory::submit! {
            Operation::new($name, &$versions, import).attributes(&$attributes).row("", "a table")
        })*
    };
}

activations! {
    "LeakyRelu", [6, 16], [float("alpha")];
    "Elu", [6, 22], [float("alpha")];
    "Selu", [6, 22], [float("alpha"), float("gamma")];
    "Celu", [12], [float("alpha")];
    "ThresholdedRelu", [10, 22], [float("alpha")];
    "HardSigmoid", [6, 22], [float("alpha"), float("beta")];
    "Softplus", [1, 22], [];
    "Softsign", [1, 22], [];
    "Shrink", [9], [float("lambd"), float("bias")];
    "Mish", [18, 22], [];
    "Gelu", [20], [string("approximate")];
    "Swish", [24], [float("alpha")];
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let element = node.element(0)?;
    if element.is_whole() {
        return refuse(format!("its operand holds {element}: cast it to float"));
    }
    let parameters = [
        node.float("alpha"),
        node.float("beta").or(node.float("gamma")),
    ];
    let function = match node.op() {
        "Shrink" => shrink(node.float_or("lambd", 0.5), node.float_or("bias", 0.0)),
        "Gelu" => match node.string_or("approximate", "none")? {
            "none" => Function::Gelu,
            "tanh" => Function::GeluTanh,
            other => return refuse(format!("its attribute `approximate` is `{other}`")),
        },
        name => match named(name, parameters) {
            Some(function) => function,
            None => return refuse("its attribute `alpha` is zero"),
        },
    };
    let shape = importer.shape(node.input(0)?)?;
    if let Some(empty) = importer.without_entries(element, &shape) {
        return Ok(vec![empty]);
    }
    let source = importer.input(node, 0)?;
    let layer = importer.function(&node.origin, source, function)?;
    Ok(vec![Value::computed(layer, element)])
}

fn positive(x: Expression) -> Expression {
    x.compares(Comparison::Greater, 0.0.into())
}

/// `ln(1 + exp(x))`, which does not overflow.
fn softplus() -> Expression {
    let magnitude = Expression::Argument.then(Function::Abs);
    let small = (Expression::from(0.0) - magnitude).then(Function::Exp);
    Expression::Argument.then(Function::RELU) + (small + 1.0.into()).then(Function::Ln)
}

/// `x - bias` above `threshold`, `x + bias` below its negative, zero between them.
fn shrink(threshold: f64, bias: f64) -> Function {
    let x = || Expression::Argument;
    let below = x().compares(Comparison::Less, (-threshold).into());
    let above = x().compares(Comparison::Greater, threshold.into());
    let inner = above.choose(x() - bias.into(), 0.0.into());
    below.choose(x() + bias.into(), inner).into()
}

/// The function of this name with its parameters `alpha` and `beta` (or `gamma`), by default those of its operation; `None` if
/// there is none for these.
pub fn named(name: &str, [alpha, beta]: [Option<f64>; 2]) -> Option<Function> {
    let x = || Expression::Argument;
    let exponential_less_one = |x: Expression| x.then(Function::Exp) - 1.0.into();
    let or = |parameter: Option<f64>, default: f32| parameter.unwrap_or(default.into());
    Some(match name {
        "Relu" => Function::RELU,
        "Tanh" => Function::Tanh,
        "Sigmoid" => Function::Sigmoid,
        "Affine" => (x() * or(alpha, 1.0).into() + or(beta, 0.0).into()).into(),
        "ScaledTanh" => {
            let inner = x() * or(beta, 1.0).into();
            (inner.then(Function::Tanh) * or(alpha, 1.0).into()).into()
        }
        "LeakyRelu" => Function::LeakyRelu {
            alpha: or(alpha, 0.01),
        },
        "ThresholdedRelu" => {
            let above = x().compares(Comparison::Greater, or(alpha, 1.0).into());
            above.choose(x(), 0.0.into()).into()
        }
        "HardSigmoid" => {
            let line = x() * or(alpha, 0.2).into() + or(beta, 0.5).into();
            let clamp = Function::Clamp {
                low: Some(0.0),
                high: Some(1.0),
            };
            line.then(clamp).into()
        }
        "Elu" => {
            let negative = exponential_less_one(x()) * or(alpha, 1.0).into();
            positive(x()).choose(x(), negative).into()
        }
        "Selu" => {
            let negative = exponential_less_one(x()) * or(alpha, 1.673_263_2).into();
            let both = positive(x()).choose(x(), negative);
            (both * or(beta, 1.050_701).into()).into()
        }
        "Celu" => {
            let alpha = or(alpha, 1.0);
            if alpha == 0.0 {
                return None;
            }
            let clamp = Function::Clamp {
                low: None,
                high: Some(0.0),
            };
            let negative = exponential_less_one(x() / alpha.into()) * alpha.into();
            (x().then(Function::RELU) + negative.then(clamp)).into()
        }
        "Softplus" => softplus().into(),
        "Softsign" => (x() / (x().then(Function::Abs) + 1.0.into())).into(),
        "Mish" => (x() * softplus().then(Function::Tanh)).into(),
        "Swish" => match or(alpha, 1.0) {
            1.0 => Function::Silu,
            alpha => (x() * (x() * alpha.into()).then(Function::Sigmoid)).into(),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_their_formulas() {
        let at = |name, parameters, x: f64| named(name, parameters).map(|f| f.evaluate(x));
        let near = |got: Option<f64>, wanted: f64| {
            assert!(
                got.is_some_and(|got| (got - wanted).abs() < 1e-6),
                "{got:?}, not {wanted}"
            );
        };
        near(at("Softplus", [None; 2], -50.0), 0.0);
        near(at("Softplus", [None; 2], 800.0), 800.0);
        near(
            at("Celu", [Some(2.0), None], -1.0),
            2.0 * ((-0.5f64).exp() - 1.0),
        );
        near(
            at("Selu", [None; 2], -1.0),
            1.050_701 * 1.673_263_2 * ((-1f64).exp() - 1.0),
        );
        near(at("ThresholdedRelu", [None; 2], 0.9), 0.0);
        near(at("HardSigmoid", [None; 2], 1.0), 0.7);
        near(Some(shrink(0.5, 0.25).evaluate(-1.0)), -0.75);
        assert_eq!(named("Celu", [Some(0.0), None]), None);
    }
}
