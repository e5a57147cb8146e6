//! The sizes of a proof that estimates are made from, for models in folders: `sizes FOLDER..`. The constants of `src/estimate.rs` are
//! fitted to these and to what `inferproof prove --json` measures.

use inferproof::{Error, Model};

fn main() -> Result<(), Error> {
    for folder in std::env::args_os().skip(1) {
        let model = Model::open(folder.as_ref())?;
        let architecture = model.verifying_key().architecture();
        let forecast = inferproof::forecast(&architecture.program)?;
        println!("{}: {forecast:?}", folder.display());
    }
    Ok(())
}
