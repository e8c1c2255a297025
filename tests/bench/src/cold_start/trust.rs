//! The root certificates that processes are to trust: as many as a machine has, and the test's own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::authority::Authority;
use crate::error::{BenchError, During};

/// Where systems keep their root certificates: Debian, Fedora and Amazon Linux, Alpine.
const LISTS: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// The root certificates that processes are to trust.
pub(super) struct Trust {
    /// Who signs for the stand-ins.
    pub(super) authority: Authority,
    /// The machine's list with the authority's root at its end.
    pub(super) bundle: PathBuf,
}

impl Trust {
    /// Makes an authority and writes the list into `folder`.
    pub(super) fn new(folder: &Path) -> Result<Self, BenchError> {
        let authority = Authority::new(folder)?;
        let found = LISTS.iter().find_map(|list| fs::read_to_string(list).ok());
        let machine = found
            .ok_or_else(|| BenchError::new(format!("none of {} can be read", LISTS.join(", "))))?;
        let bundle = folder.join("roots.pem");
        fs::read_to_string(&authority.file)
            .and_then(|own| fs::write(&bundle, machine + "\n" + &own))
            .during(|| format!("{} could not be written", bundle.display()))?;
        Ok(Self { authority, bundle })
    }
}
