//! What a start can be told.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use crate::model::{Origin, Profile, ProfileName};
use crate::template::{KeyValueStore, Sources};

/// Settings of one stand-in; the binary reads them from its command line.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Template to serve, JSON or YAML; repeat it for each stack of the app that matters
    #[arg(long = "template", required = true, value_name = "FILE")]
    pub templates: Vec<PathBuf>,

    /// Where an origin really is; the origin by its id, its domain name, or `*` for every other one
    #[arg(long = "origin", value_name = "ORIGIN=URL")]
    pub origins: Vec<OriginAddress>,

    /// Value of a template parameter, or of what only AWS knows: an export, a dynamic reference, `LogicalId.Attribute`
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub parameters: Vec<(String, String)>,

    /// A policy that is in none of the templates: its id, and a file with what `aws cloudfront get-…-policy` prints
    #[arg(long = "policy", value_name = "ID=FILE", value_parser = parse_pair)]
    pub policies: Vec<(String, String)>,

    /// Serve without edge functions; each one left out is told
    #[arg(long)]
    pub skip_functions: bool,

    /// Where edge functions find a host that they call, such as a user pool's
    #[arg(long = "edge-host", value_name = "HOST=URL")]
    pub edge_hosts: Vec<RewrittenHost>,

    /// What a key value store of CloudFront Functions holds; the store by its name or logical id, the file as CloudFront
    /// imports it
    #[arg(long = "key-values", value_name = "STORE=FILE")]
    pub key_values: Vec<KeyValueFile>,

    /// How fast and how nasty: calm, real or rough
    #[arg(long, default_value = "calm")]
    pub profile: ProfileName,

    /// Seed of everything random; printed at start [default: random]
    #[arg(long)]
    pub seed: Option<u64>,

    /// Milliseconds until a purge has reached every place, instead of the profile's
    #[arg(long, value_name = "MS")]
    pub propagation_ms: Option<u64>,

    /// Milliseconds from there to `Completed`, instead of the profile's
    #[arg(long, value_name = "MS")]
    pub completion_ms: Option<u64>,

    /// Port of the control plane; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub control_plane_port: u16,

    /// Port of the control port; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub control_port: u16,

    /// Ports of the distributions in the templates' order; free ones where none is given
    #[arg(long = "data-plane-port", value_name = "PORT")]
    pub data_plane_ports: Vec<u16>,

    /// The same for the ports with TLS
    #[arg(long = "tls-port", value_name = "PORT")]
    pub tls_ports: Vec<u16>,

    /// Take the plain ports as HTTP: viewer protocol policies then refuse or redirect what comes there
    #[arg(long)]
    pub plain_is_http: bool,

    /// Bound on the bytes cached in each place
    #[arg(long, default_value_t = 64 << 20, value_name = "BYTES")]
    pub cache_capacity: usize,

    /// End when stdin closes, as it does when the process that started this one is gone
    #[arg(long)]
    pub with_parent: bool,

    /// Node program that runs edge functions
    #[arg(long, default_value = "node", value_name = "PROGRAM")]
    pub node: PathBuf,
}

impl Options {
    /// Settings for templates, everything else as by default.
    #[must_use]
    pub fn for_templates(templates: Vec<PathBuf>) -> Self {
        Self {
            templates,
            origins: Vec::new(),
            parameters: Vec::new(),
            policies: Vec::new(),
            skip_functions: false,
            edge_hosts: Vec::new(),
            key_values: Vec::new(),
            profile: ProfileName::Calm,
            seed: None,
            propagation_ms: None,
            completion_ms: None,
            control_plane_port: 0,
            control_port: 0,
            data_plane_ports: Vec::new(),
            tls_ports: Vec::new(),
            plain_is_http: false,
            cache_capacity: 64 << 20,
            with_parent: false,
            node: PathBuf::from("node"),
        }
    }

    /// The profile with the knobs that were given on their own.
    #[must_use]
    pub fn knobs(&self) -> Profile {
        let mut profile = self.profile.profile();
        if let Some(millis) = self.propagation_ms {
            profile.propagation = Duration::from_millis(millis);
            profile.propagation_spread = Duration::ZERO;
        }
        if let Some(millis) = self.completion_ms {
            profile.completion = Duration::from_millis(millis);
            profile.completion_spread = Duration::ZERO;
        }
        profile
    }

    pub(crate) fn sources(&self) -> Sources {
        let policies = self.policies.iter();
        Sources {
            templates: self.templates.clone(),
            parameters: self.parameters.iter().cloned().collect(),
            policies: policies
                .map(|(id, file)| (id.clone(), PathBuf::from(file)))
                .collect(),
            skip_functions: self.skip_functions,
        }
    }
}

/// Where an origin really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginAddress {
    /// Origin id, domain name, or `*`.
    pub name: String,
    /// Host and port of a plain HTTP server.
    pub authority: String,
}

impl OriginAddress {
    /// The address for an origin: by id, by domain name, else the one for `*`.
    pub(crate) fn find<'a>(all: &'a [Self], origin: &Origin) -> Option<&'a str> {
        let named = |name: &str| all.iter().find(|address| address.name == name);
        named(&origin.id)
            .or_else(|| named(&origin.domain_name))
            .or_else(|| named("*"))
            .map(|address| address.authority.as_str())
    }
}

impl FromStr for OriginAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, url) = parse_pair(text)?;
        let authority = url
            .strip_prefix("http://")
            .map(|rest| rest.trim_end_matches('/'))
            .filter(|rest| !rest.is_empty() && !rest.contains('/'))
            .ok_or_else(|| {
                format!("{url:?} is no origin address: http://HOST:PORT without a path is expected")
            })?;
        let with_port = if authority.contains(':') {
            authority.to_owned()
        } else {
            format!("{authority}:80")
        };
        Ok(Self {
            name,
            authority: with_port,
        })
    }
}

/// A host that edge functions call, and where it really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewrittenHost {
    /// Host name as in the function's code.
    pub host: String,
    /// Base URL it is replaced by.
    pub url: String,
}

impl FromStr for RewrittenHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, url) = parse_pair(text)?;
        if url.starts_with("http://") || url.starts_with("https://") {
            Ok(Self { host, url })
        } else {
            Err(format!("{url:?} is no URL: http://HOST:PORT is expected"))
        }
    }
}

/// What a key value store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValueFile {
    /// Name or logical id of the store.
    pub store: String,
    /// The file.
    pub path: PathBuf,
}

impl KeyValueFile {
    pub(crate) fn is_for(&self, store: &KeyValueStore) -> bool {
        self.store == store.name || self.store == store.logical_id
    }
}

impl FromStr for KeyValueFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (store, path) = parse_pair(text)?;
        let path = PathBuf::from(path);
        Ok(Self { store, path })
    }
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} is no pair: NAME=VALUE is expected")),
    }
}
