//! Layers of which something has asked which entries are missing.

use crate::graph::LayerId;

/// What stands for a layer whose entries may be missing.
#[derive(Clone, Copy, Debug)]
pub struct MaybeMissing {
    /// The entries, and zero where one is missing.
    pub present: LayerId,
    /// 1 where an entry is missing, else 0; nothing where none can be.
    pub missing: Option<LayerId>,
}
