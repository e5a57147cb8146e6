//! The activations of recurrent operations: by name, with their parameters, behind a clip.

use crate::function::{Comparison, Expression, Function, Operation};
use crate::import::node::Node;
use crate::import::refusal::{Imported, Refusal, refuse};
use std::sync::Arc;

/// Parameters of activations, which the activations take in their order.
struct Parameters<'a> {
    alphas: std::slice::Iter<'a, f32>,
    betas: std::slice::Iter<'a, f32>,
}

/// The activations of all directions, in the order in which the node names them: so many for each direction, or the usual ones.
pub fn activations(
    node: &Node<'_>,
    directions: usize,
    usual: &[&'static str],
) -> Imported<Vec<Vec<Function>>> {
    let named = node
        .strings("activations")?
        .filter(|named| !named.is_empty());
    let named = named.unwrap_or_else(|| usual.repeat(directions));
    if named.len() != usual.len() * directions {
        return refuse(format!(
            "{} activations for {directions} directions; expected {} for each",
            named.len(),
            usual.len()
        ));
    }
    let clip = node.float("clip").filter(|&clip| clip > 0.0);
    let mut parameters = Parameters {
        alphas: node.floats("activation_alpha").unwrap_or_default().iter(),
        betas: node.floats("activation_beta").unwrap_or_default().iter(),
    };
    let mut all = Vec::new();
    for names in named.chunks(usual.len()) {
        let functions = names.iter().enumerate().map(|(position, name)| {
            let function = activation(name, &mut parameters)?;
            // The last activation of an LSTM is of its cell, which is not clipped.
            Ok(match clip.filter(|_| position < 2) {
                None => function,
                Some(clip) => {
                    let bounds = Function::Clamp {
                        low: Some(-clip),
                        high: Some(clip),
                    };
                    let clipped = Expression::Apply(bounds, Expression::Argument.into());
                    let then = Expression::Apply(function, clipped.into());
                    Function::Composite(Arc::new(then))
                }
            })
        });
        all.push(functions.collect::<Imported<Vec<Function>>>()?);
    }
    Ok(all)
}

/// An activation by its name, whose case does not matter.
fn activation(name: &str, parameters: &mut Parameters<'_>) -> Imported<Function> {
    let unclear = || {
        Refusal(format!(
            "the activation `{name}` without its `activation_alpha` (and `activation_beta`): runtimes differ in the default; export the model with them"
        ))
    };
    let mut alpha = |default: f32| f64::from(*parameters.alphas.next().unwrap_or(&default));
    let x = || Box::new(Expression::Argument);
    let number = |n: f64| Box::new(Expression::Number(n));
    let times = |factor: f64, inner: Box<Expression>| {
        Box::new(Expression::Combine(
            Operation::Multiply,
            number(factor),
            inner,
        ))
    };
    let composite = |expression: Box<Expression>| Function::Composite(Arc::new(*expression));
    Ok(match name.to_ascii_lowercase().as_str() {
        "sigmoid" => Function::Sigmoid,
        "tanh" => Function::Tanh,
        "relu" => Function::RELU,
        "leakyrelu" => Function::LeakyRelu { alpha: alpha(0.01) },
        "softsign" => {
            let magnitude = Expression::Apply(Function::Abs, x());
            let below = Expression::Combine(Operation::Add, number(1.0), magnitude.into());
            composite(Box::new(Expression::Combine(
                Operation::Divide,
                x(),
                below.into(),
            )))
        }
        "softplus" => {
            let grown = Expression::Apply(Function::Exp, x());
            let sum = Expression::Combine(Operation::Add, number(1.0), grown.into());
            composite(Box::new(Expression::Apply(Function::Ln, sum.into())))
        }
        "elu" => {
            let alpha = alpha(1.0);
            let less = Expression::Combine(
                Operation::Subtract,
                Box::new(Expression::Apply(Function::Exp, x())),
                number(1.0),
            );
            let positive = Expression::Apply(Function::Compare(Comparison::GreaterOrEqual), x());
            composite(Box::new(Expression::Select(
                positive.into(),
                x(),
                times(alpha, less.into()),
            )))
        }
        "thresholdedrelu" => {
            let alpha = parameters.alphas.next().ok_or_else(unclear)?;
            let alpha = f64::from(*alpha);
            let above = Operation::Compare(Comparison::Greater);
            let above = Expression::Combine(above, x(), number(alpha));
            composite(Box::new(Expression::Select(above.into(), x(), number(0.0))))
        }
        "affine" | "scaledtanh" | "hardsigmoid" => {
            let (default_alpha, default_beta) = match name.to_ascii_lowercase().as_str() {
                "affine" => (None, Some(0.0)),
                "hardsigmoid" => (Some(0.2), Some(0.5)),
                _ => (None, None),
            };
            let alpha = parameters.alphas.next().copied().or(default_alpha);
            let alpha = f64::from(alpha.ok_or_else(unclear)?);
            let beta = parameters.betas.next().copied().or(default_beta);
            let beta = f64::from(beta.ok_or_else(unclear)?);
            let line =
                |slope: f64| Expression::Combine(Operation::Add, times(slope, x()), number(beta));
            match name.to_ascii_lowercase().as_str() {
                "affine" => composite(line(alpha).into()),
                "hardsigmoid" => {
                    let bounds = Function::Clamp {
                        low: Some(0.0),
                        high: Some(1.0),
                    };
                    composite(Box::new(Expression::Apply(bounds, line(alpha).into())))
                }
                _ => {
                    let squashed = Expression::Apply(Function::Tanh, times(beta, x()));
                    composite(times(alpha, squashed.into()))
                }
            }
        }
        _ => return refuse(format!("no activation is called `{name}`")),
    })
}
