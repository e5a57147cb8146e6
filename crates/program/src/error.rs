//! What can be wrong with a program.

/// What is wrong with a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// There must be one node for each tensor, in order.
    #[error(
        "node {position} ({origin}) makes tensor {got}; node {position} must make tensor {position}"
    )]
    Order {
        /// Which node.
        position: usize,
        /// Its origin.
        origin: String,
        /// The tensor it claims to make.
        got: u32,
    },
    /// There must be as many nodes as tensors.
    #[error("{tensors} tensors but {nodes} nodes: every tensor has exactly one node")]
    Count {
        /// How many tensors.
        tensors: usize,
        /// How many nodes.
        nodes: usize,
    },
    /// A tensor's own description is not allowed.
    #[error("tensor `{tensor}`: {reason}")]
    Tensor {
        /// Its name.
        tensor: String,
        /// What is wrong.
        reason: String,
    },
    /// A table is not allowed.
    #[error("table {table}: {reason}")]
    Table {
        /// Which.
        table: usize,
        /// What is wrong.
        reason: String,
    },
    /// A node does not fit its operands or its output.
    #[error("{origin}, which makes tensor `{tensor}`: {reason}")]
    Node {
        /// The node's origin.
        origin: String,
        /// The tensor it makes.
        tensor: String,
        /// What is wrong.
        reason: String,
    },
    /// Two inputs, or two outputs, have the same name, so that nobody could tell which of them is meant.
    #[error("{list}: two of them are called `{name}`; give each a name of its own")]
    Names {
        /// `inputs` or `outputs`.
        list: &'static str,
        /// The name.
        name: String,
    },
    /// The list of inputs or outputs is not allowed.
    #[error("{list}: {reason}")]
    Interface {
        /// `inputs`, `outputs`, `limits`, `meanings` or `feeds`.
        list: &'static str,
        /// What is wrong.
        reason: String,
    },
}
