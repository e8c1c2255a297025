//! The size of what is uploaded to Lambda.

use std::fs;
use std::io::{Cursor, Write};
use std::path::PathBuf;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::error::{BenchError, During};

/// Bytes of a zip of these files, deflated as `make build` does it.
pub(super) fn size(files: &[PathBuf]) -> Result<u64, BenchError> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        let what = || format!("{} could not be zipped", file.display());
        let bytes = fs::read(file).during(what)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        zip.start_file(name, options).during(what)?;
        zip.write_all(&bytes).during(what)?;
    }
    let whole = zip
        .finish()
        .during(|| "the zip could not be finished".into())?;
    Ok(whole.into_inner().len() as u64)
}
