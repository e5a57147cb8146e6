//! Tests that need the protocol's insides: a sample of every kind of relation, honest and dishonest provers, the simulator.

mod adversary;
mod complete;
pub mod oracle;
mod sample;
