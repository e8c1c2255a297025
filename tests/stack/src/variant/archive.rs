//! Function archives: one file replaced, everything else as it was.

use std::io::{Cursor, Write};

use zip::{ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::error::StackError;

/// The archive with other contents in this file.
pub(super) fn replace(archive: &[u8], name: &str, contents: &[u8]) -> Result<Vec<u8>, StackError> {
    rewritten(archive, name, contents).map_err(StackError::aws(format!(
        "replace {name} in a function's archive"
    )))
}

fn rewritten(archive: &[u8], name: &str, contents: &[u8]) -> Result<Vec<u8>, ZipError> {
    let mut source = ZipArchive::new(Cursor::new(archive))?;
    let mut target = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..source.len() {
        let entry = source.by_index_raw(index)?;
        if entry.name()? != name {
            target.raw_copy_file(entry)?;
        }
    }
    target.start_file(name, SimpleFileOptions::default())?;
    target.write_all(contents)?;
    Ok(target.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, contents) in files {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(contents.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn read(archive: &[u8], name: &str) -> String {
        let mut text = String::new();
        let mut archive = ZipArchive::new(Cursor::new(archive)).unwrap();
        archive
            .by_name(name)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    #[test]
    fn one_file_is_replaced_and_the_others_stay() {
        let before = archive(&[("bootstrap", "binary"), ("contract.json", "old")]);
        let after = replace(&before, "contract.json", b"new").unwrap();
        assert_eq!(read(&after, "contract.json"), "new");
        assert_eq!(read(&after, "bootstrap"), "binary");
    }

    #[test]
    fn what_is_no_archive_is_an_error() {
        assert!(replace(b"not a zip", "contract.json", b"new").is_err());
    }
}
