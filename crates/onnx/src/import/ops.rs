//! The operations, a file each or a file a family: whatever stands in this folder is known to the [registry](super::registry).

automod::dir!("src/import/ops");
