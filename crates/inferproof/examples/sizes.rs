//! The sizes of a proof that estimates are made from, for the public folders of models: `sizes MODEL/public ..`. The constants of
//! `src/estimate.rs` are fitted to these and to what `inferproof prove --json` measures.

use inferproof::{Error, KeyFile};

fn main() -> Result<(), Error> {
    for folder in std::env::args_os().skip(1) {
        let key = KeyFile::read(folder.as_ref())?.decode()?;
        let forecast = inferproof::forecast(&key.architecture().program)?;
        println!("{}: {forecast:?}", folder.display());
    }
    Ok(())
}
