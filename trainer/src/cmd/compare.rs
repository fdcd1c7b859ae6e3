//! `compare`: several profiles on one workload.

mod report;
mod text;

use super::tariff::{TariffArgs, currency_of};
use crate::contest::{Contest, Measure, Rival};
use crate::crossing::{self, Stretch, stretches};
use crate::locate::{self, Contents, Located, ModelArgs};
use crate::output::write_all;
use crate::plot::contest::Figures;
use crate::table::Format;
use crate::workload::Workload;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use std::path::{Path, PathBuf};
use token2metrics_core::{Profile, Request};

/// Compare profiles on the same requests: which device answers sooner, cheaper, with less energy
///
/// The requests come one after the other. A workload is a CSV file with the columns input_tokens and output_tokens, and
/// optionally cached_tokens and count, how often the request comes.
///
/// Example: token2metrics compare 1.5B jetson_agx_orin_qwen_1_5b --input-tokens 200 --output-tokens 50
#[derive(Debug, Args)]
pub struct Compare {
    /// Models by the names that --model of the other commands takes, or files: blobs, presets, and bundles, whose members all take part
    #[arg(required = true, value_name = "PROFILE")]
    profiles: Vec<String>,
    /// Where models are found by name: the folder that `train` wrote to, or a bundle
    #[arg(long, value_name = "DIR|FILE", default_value = "outputs")]
    model_path: PathBuf,
    /// Requests
    #[arg(long, value_name = "CSV", required_unless_present = "input_tokens", conflicts_with_all = ["input_tokens", "output_tokens"])]
    workload: Option<PathBuf>,
    /// Tokens of the whole prompt, where the workload is one request
    #[arg(long, value_name = "N", requires = "output_tokens")]
    input_tokens: Option<u32>,
    /// Tokens to generate, where the workload is one request
    #[arg(long, value_name = "N", requires = "input_tokens")]
    output_tokens: Option<u32>,
    /// Also draw the time of a request against its token counts: one SVG file, or a folder for a file each
    #[arg(long, value_name = "FILE.svg|DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    tariff: TariffArgs,
    /// How to print the comparison
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// One that takes part.
struct Entrant {
    name: String,
    located: Located,
}

impl Compare {
    /// # Errors
    /// A profile that is not there, fewer than two, one that is named twice, prices that make no tariff, or a workload that cannot be read or has no
    /// request.
    pub fn run(self, config_dir: &Path) -> Result<String> {
        let entrants = self.entrants(config_dir)?;
        let profiles: Vec<&Profile> = entrants.iter().map(|entrant| &entrant.located.profile).collect();
        let workload = self.requests()?;
        let contest = Contest::new(&profiles, &workload)?;
        ensure!(
            contest.requests > 0,
            "{}: no row is a request: prompts and answers have at least one token, and fewer tokens are cached than the prompt has",
            self.workload.as_deref().unwrap_or(Path::new("--input-tokens, --output-tokens")).display()
        );
        let compared = Compared::new(&entrants, contest);
        self.tariff.warn_of_no_cost(compared.contest.standings.iter().any(|standing| standing.cost.is_some()));
        if let Some(output) = &self.output {
            write_all(&compared.drawn(output)?)?;
        }
        let report = compared.report(self.workload.as_deref());
        self.format.render(&report, || compared.text(self.workload.as_deref()))
    }

    fn requests(&self) -> Result<Workload> {
        Ok(match (&self.workload, self.input_tokens, self.output_tokens) {
            (Some(path), ..) => Workload::open(path)?,
            // clap has seen to it that they are given then.
            (None, input_tokens, output_tokens) => Workload::One(Request {
                input_tokens: input_tokens.unwrap_or_default(),
                cached_tokens: 0,
                output_tokens: output_tokens.unwrap_or_default(),
            }),
        })
    }

    fn entrants(&self, config_dir: &Path) -> Result<Vec<Entrant>> {
        let mut entrants: Vec<Entrant> = Vec::new();
        for (index, name) in self.profiles.iter().enumerate() {
            ensure!(!self.profiles[..index].contains(name), "\"{name}\" is named twice: name each profile once");
            for mut entrant in self.named(name, config_dir)? {
                for other in &entrants {
                    let (one, two) = (&other.name, &entrant.name);
                    ensure!(
                        other.located.bytes != entrant.located.bytes,
                        "\"{one}\" and \"{two}\" are the same profile: name it once"
                    );
                    // Of two bundles, say.
                    ensure!(one != two, "two profiles are both called \"{one}\": name them by files of their own");
                }
                self.tariff.apply(&mut entrant.located.profile).with_context(|| entrant.name.clone())?;
                entrants.push(entrant);
            }
        }
        ensure!(entrants.len() > 1, "one profile cannot be compared: name at least two, or a bundle of several");
        if entrants
            .iter()
            .any(|entrant| entrant.located.profile.identity.llm != entrants[0].located.profile.identity.llm)
        {
            log::warn!(
                "the profiles are of several LLMs, whose tokens may differ: the same counts may be different texts"
            );
        }
        Ok(entrants)
    }

    /// The profile, or the members of the bundle, that go by a name.
    fn named(&self, name: &str, config_dir: &Path) -> Result<Vec<Entrant>> {
        let path = Path::new(name);
        if path.is_file() {
            return Ok(match locate::open(path)? {
                Contents::Profile(located) => vec![Entrant { name: name.to_owned(), located: *located }],
                Contents::Bundle(bundle) => {
                    bundle.sound().into_iter().map(|(name, located)| Entrant { name, located }).collect()
                }
            });
        }
        if path.extension().is_some_and(|extension| extension == "t2m" || extension == "toml") {
            bail!("{name}: no such file");
        }
        let model = ModelArgs { model: Some(name.to_owned()), model_path: self.model_path.clone(), variant: None };
        Ok(vec![Entrant { name: name.to_owned(), located: model.locate(config_dir)? }])
    }
}

/// A contest with those who took part.
struct Compared<'a> {
    entrants: &'a [Entrant],
    contest: Contest,
    stretches: Vec<Stretch>,
    /// The longest prompt and answer that are looked at.
    most: [u32; 2],
    /// Whether all costs are in the same currency.
    same_currency: bool,
}

impl<'a> Compared<'a> {
    fn new(entrants: &'a [Entrant], contest: Contest) -> Self {
        let profiles = || entrants.iter().map(|entrant| &entrant.located.profile);
        // As far as the workload goes, or as all were trained.
        let trained = [
            profiles().map(|profile| profile.trained.input_tokens.max).min(),
            profiles().map(|profile| profile.trained.output_tokens.max).min(),
        ];
        let most = [0, 1].map(|side| contest.most[side].max(trained[side].unwrap_or(0)).min(crossing::MOST));
        let stretches = stretches(&profiles().collect::<Vec<_>>(), most[0], contest.usual[1]);
        let mut currencies: Vec<_> = (profiles().zip(&contest.standings))
            .filter(|(_, standing)| standing.cost.is_some())
            .map(|(profile, _)| currency_of(profile))
            .collect();
        currencies.dedup();
        Self { entrants, stretches, most, same_currency: currencies.len() < 2, contest }
    }

    fn name(&self, index: usize) -> &'a str {
        &self.entrants[index].name
    }

    fn currency(&self, index: usize) -> Option<&'a str> {
        currency_of(&self.entrants[index].located.profile)
    }

    fn drawn(&self, output: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
        let named: Vec<_> = self.entrants.iter().map(|one| (one.name.as_str(), &one.located.profile)).collect();
        let [input_tokens, output_tokens] = self.contest.usual;
        let figures = Figures::new(&named, Request { input_tokens, cached_tokens: 0, output_tokens }, self.most)?;
        if output.extension().is_some_and(|extension| extension == "svg") {
            return Ok(vec![(output.to_owned(), figures.stacked().into_bytes())]);
        }
        Ok(figures.0.map(|(stem, svg)| (output.join(stem).with_extension("svg"), svg.into_bytes())).into())
    }

    /// Measures whose sums can be compared, each with its verdict.
    fn verdicts(&self) -> impl Iterator<Item = (Measure, (usize, Vec<Rival>))> {
        let comparable = |measure: &Measure| *measure != Measure::Cost || self.same_currency;
        Measure::ALL
            .into_iter()
            .filter(comparable)
            .filter_map(|measure| Some((measure, self.contest.verdict(measure)?)))
    }
}
