//! What of a workspace an import has to know: its stages and its members, by the names that files use.

use crate::auth::workspaces;
use crate::pipelines::{self, PipelineId, Place};
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::normalize::fold;
use crate::platform::{Error, Result};
use rusqlite::Connection;
use std::collections::HashMap;

/// The stages and members of a workspace.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The default one first.
    pipelines: Vec<Known>,
    members: HashMap<String, Option<UserId>>,
    /// The country of phone numbers that name none.
    pub country: String,
}

/// A pipeline.
#[derive(Debug, Clone)]
struct Known {
    /// Folded.
    name: String,
    id: PipelineId,
    /// By their folded names, the first one first.
    stages: Vec<(String, Place)>,
}

impl World {
    /// Looks it up.
    pub fn load(db: &Connection, workspace: WorkspaceId) -> Result<Self> {
        let of_workspace = workspaces::all(db)?.into_iter().find(|found| found.id == workspace);
        let country = of_workspace.ok_or(Error::NotFound("workspace"))?.default_country;
        let pipelines = pipelines::list(db, workspace)?.into_iter().map(|pipeline| {
            let place = |stage: pipelines::Stage| {
                let (name, kind) = (stage.name, stage.r#type);
                (fold(&name), Place { pipeline: pipeline.id, stage: stage.id, name, kind })
            };
            let stages = pipeline.stages.into_iter().map(place).collect();
            Known { name: fold(&pipeline.name), id: pipeline.id, stages }
        });
        let mut members: HashMap<String, Option<UserId>> = HashMap::new();
        for member in crate::auth::people(db, workspace)? {
            members.insert(fold(&member.email), Some(member.id));
            // A name that two have means nobody.
            members
                .entry(fold(&member.name))
                .and_modify(|found| *found = found.filter(|id| *id == member.id))
                .or_insert(Some(member.id));
        }
        Ok(Self { pipelines: pipelines.collect(), members, country })
    }

    /// The member with an e-mail address, alone or as in `Ada <ada@example.com>`, or with a name that only one has.
    pub fn member(&self, text: &str) -> Option<UserId> {
        let folded = fold(text);
        let inner = folded
            .split_once(['<', '('])
            .and_then(|(_, rest)| rest.split_once(['>', ')']))
            .map(|(inner, _)| inner.trim());
        [Some(folded.as_str()), inner]
            .into_iter()
            .flatten()
            .find_map(|key| self.members.get(key).copied().flatten())
    }

    /// The pipeline with a name.
    pub fn pipeline(&self, name: &str) -> Option<PipelineId> {
        let name = fold(name);
        self.pipelines.iter().find(|known| known.name == name).map(|known| known.id)
    }

    /// The stage of a pipeline with a name.
    pub fn stage(&self, pipeline: PipelineId, name: &str) -> Option<&Place> {
        let name = fold(name);
        let stages = self.stages(pipeline);
        stages.iter().find(|(known, _)| *known == name).map(|(_, place)| place)
    }

    /// Where leads of a pipeline go that name no stage.
    pub fn first(&self, pipeline: PipelineId) -> Option<&Place> {
        self.stages(pipeline).first().map(|(_, place)| place)
    }

    /// The default pipeline; there is one as soon as anybody has looked at leads.
    pub fn default_pipeline(&self) -> Option<PipelineId> {
        self.pipelines.first().map(|known| known.id)
    }

    /// Whether any pipeline has a stage of that name.
    pub fn knows_stage(&self, name: &str) -> bool {
        let name = fold(name);
        self.pipelines.iter().any(|known| known.stages.iter().any(|(stage, _)| *stage == name))
    }

    /// Whether there is a pipeline of that name.
    pub fn knows_pipeline(&self, name: &str) -> bool {
        self.pipeline(name).is_some()
    }

    fn stages(&self, pipeline: PipelineId) -> &[(String, Place)] {
        self.pipelines
            .iter()
            .find(|known| known.id == pipeline)
            .map_or(&[], |known| known.stages.as_slice())
    }
}
