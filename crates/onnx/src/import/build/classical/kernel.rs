//! Kernels of support vector machines: what rows and support vectors have to do with each other.

use super::rows::FeatureRows;
use crate::function::Function;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use inferproof_view::Step;

/// `kernel_type` with `kernel_params`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kernel {
    /// `x . s`
    Linear,
    /// `(gamma x . s + coef0)^degree`
    Polynomial { gamma: f64, coef0: f64, degree: f64 },
    /// `exp(-gamma |x - s|^2)`
    Radial { gamma: f64 },
    /// `tanh(gamma x . s + coef0)`
    Sigmoid { gamma: f64, coef0: f64 },
}

impl Kernel {
    /// The kernel that a node's attributes name.
    pub fn of(node: &Node<'_>) -> Imported<Self> {
        let parameters = node.numbers("kernel_params")?;
        let (gamma, coef0, degree) = match parameters[..] {
            [] => (0.0, 0.0, 3.0),
            [gamma, coef0, degree, ..] => (gamma, coef0, degree),
            _ => {
                return refuse(format!(
                    "attribute `kernel_params` has {} entries; expected three",
                    parameters.len()
                ));
            }
        };
        match node.string_or("kernel_type", "LINEAR")? {
            "LINEAR" => Ok(Self::Linear),
            "POLY" => Ok(Self::Polynomial {
                gamma,
                coef0,
                degree,
            }),
            "RBF" => Ok(Self::Radial { gamma }),
            "SIGMOID" => Ok(Self::Sigmoid { gamma, coef0 }),
            other => refuse(format!(
                "attribute `kernel_type` is `{other}`; expected LINEAR, POLY, RBF or SIGMOID"
            )),
        }
    }
}

impl Importer<'_> {
    /// The kernel of each row with each support vector, `[samples, vectors]`.
    pub fn kernels(
        &mut self,
        origin: &str,
        kernel: Kernel,
        rows: FeatureRows,
        vectors: &[f64],
    ) -> Imported<LayerId> {
        let count = vectors.len() / rows.features.max(1);
        let sizes = [count, rows.features];
        match kernel {
            Kernel::Linear => Ok(self.row_products(origin, rows.layer, vectors, sizes)),
            Kernel::Polynomial {
                gamma,
                coef0,
                degree,
            } => {
                let argument = self.affine_products(origin, rows, vectors, gamma, coef0)?;
                match degree {
                    1.0 => Ok(argument),
                    2.0 => Ok(self.graph.apply(origin, argument, Function::Square)),
                    _ => Ok(self.graph.apply(origin, argument, Function::Power(degree))),
                }
            }
            Kernel::Sigmoid { gamma, coef0 } => {
                let argument = self.affine_products(origin, rows, vectors, gamma, coef0)?;
                Ok(self.graph.apply(origin, argument, Function::Tanh))
            }
            Kernel::Radial { gamma } => {
                // -gamma |x - s|^2 = 2 gamma x . s - gamma |x|^2 - gamma |s|^2, sums of exact products.
                let doubled: Vec<f64> = vectors.iter().map(|v| 2.0 * gamma * v).collect();
                let products = self.row_products(origin, rows.layer, &doubled, sizes);
                let own = vectors.chunks(rows.features.max(1));
                let own: Vec<f64> = own
                    .map(|s| -gamma * s.iter().map(|v| v * v).sum::<f64>())
                    .collect();
                let own = self.row_of(origin, &own);
                let squares = self.squared_norms(origin, rows)?;
                let repeated = |axis, len| vec![Step::Insert { axis, len }];
                let terms = vec![
                    self.graph.summand(1.0, products, vec![])?,
                    self.graph.summand(-gamma, squares, repeated(1, count))?,
                    self.graph.summand(1.0, own, repeated(0, rows.samples))?,
                ];
                let argument = self.graph.sum(origin, terms);
                Ok(self.graph.apply(origin, argument, Function::Exp))
            }
        }
    }

    /// `|x|^2` of each row, `[samples]`: a contraction of the rows with themselves.
    fn squared_norms(&mut self, origin: &str, rows: FeatureRows) -> Imported<LayerId> {
        let axes = crate::graph::Axes {
            shared: 1,
            left_free: 0,
            right_free: 0,
            contracted: 1,
        };
        Ok(self.graph.contract(origin, rows.layer, rows.layer, axes))
    }

    /// `gamma x . s + coef0`.
    fn affine_products(
        &mut self,
        origin: &str,
        rows: FeatureRows,
        vectors: &[f64],
        gamma: f64,
        coef0: f64,
    ) -> Imported<LayerId> {
        let count = vectors.len() / rows.features.max(1);
        let scaled: Vec<f64> = vectors.iter().map(|v| gamma * v).collect();
        let products = self.row_products(origin, rows.layer, &scaled, [count, rows.features]);
        if coef0 == 0.0 {
            return Ok(products);
        }
        let to = [rows.samples, count];
        let place = Place {
            origin,
            to: &to,
            owned: &[],
        };
        let number = self
            .graph
            .add_constant(origin, vec![1, 1], vec![coef0 as f32]);
        self.add(&place, products, 1.0, number)
    }
}
