import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { UntunedConstant } from "../../code/coder/index.js";
import { constantsOf } from "../../code/parameters/index.js";
import { baseVersion, type CodeVersion } from "../../code/version.js";
import { CodeRepository } from "../../code/versions/index.js";
import type { SpaceDefinition } from "../../space/parameter.js";
import { VersionMaker, type VersionMakerParts } from "./version-maker.js";

export interface WorkshopParts extends Omit<VersionMakerParts, "repository"> {
  readonly studyFolder: string;
  /** The person's folder with the code: that of the study file. */
  readonly folder: string;
  /** Paths that no version may show: holdout data, the folder with the studies. */
  readonly excluded: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The code of a study on the disk: its repository, a checkout for each version that runs, and what is made there. */
export class Workshop {
  private opened: { readonly repository: CodeRepository; readonly maker: VersionMaker } | undefined;
  private versions: ReadonlyMap<string, CodeVersion> = new Map();

  constructor(private readonly parts: WorkshopParts) {}

  /**
   * The repository, made from the person's folder where it is not there yet.
   *
   * @param versions grows as versions are made
   */
  async open(versions: ReadonlyMap<string, CodeVersion>, at: number): Promise<void> {
    const { studyFolder, folder, excluded, environment } = this.parts;
    const repository = await CodeRepository.create({ studyFolder, folder, excluded, environment, at });
    this.versions = versions;
    this.opened = { repository, maker: new VersionMaker({ ...this.parts, repository }, versions) };
  }

  get repository(): CodeRepository {
    return this.whenOpen().repository;
  }

  get maker(): VersionMaker {
    return this.whenOpen().maker;
  }

  /** Where a version is checked out, or will be. */
  path(version: string): string {
    return join(this.parts.studyFolder, "code", "checkouts", version);
  }

  async checkout(version: Pick<CodeVersion, "id" | "commit">): Promise<void> {
    await this.repository.checkout(version.id, version.commit);
  }

  async remove(version: string): Promise<void> {
    await this.repository.remove(version);
  }

  /** Names of files in a checkout that are not as in its version. */
  async verify(checkout: string): Promise<readonly string[]> {
    for (const { id, commit } of this.versions.values()) {
      if (this.path(id) === checkout) return this.repository.verify(id, commit);
    }
    return this.draft !== undefined && this.draft.path === checkout
      ? this.repository.verify("draft", this.draft.commit)
      : [];
  }

  private draft: { readonly path: string; readonly commit: string } | undefined;

  /** An edit in the making as a checkout, which replaces the one before. */
  async checkoutDraft(parent: string, files: ReadonlyMap<string, string | null>, at: number): Promise<string> {
    const of = this.versions.get(parent) ?? this.versions.get(baseVersion);
    const commit = await this.repository.draft(of?.commit ?? this.repository.base.commit, files, at);
    const path = await this.repository.checkout("draft", commit);
    this.draft = { path, commit };
    return path;
  }

  async removeDraft(): Promise<void> {
    this.draft = undefined;
    await this.repository.remove("draft");
    await rm(join(this.parts.studyFolder, "code", "drafts"), { recursive: true, force: true });
  }

  /** Numbers in a version's editable files that nobody tunes yet. */
  async constantsOf(version: string, space: SpaceDefinition): Promise<readonly UntunedConstant[]> {
    const tree = await this.maker.tree(version);
    const sources = tree.paths.flatMap((path) => {
      const text = this.maker.editable(path) ? tree.read(path) : undefined;
      return text === undefined ? [] : [{ path, text }];
    });
    const tuned = space.parameters.map(({ name }) => name);
    return constantsOf(sources, tuned).constants.flatMap(({ path, line, name, value, parameter }) =>
      parameter === undefined ? [{ path, line, name, value: String(value) }] : [],
    );
  }

  private whenOpen(): NonNullable<Workshop["opened"]> {
    if (this.opened === undefined) throw new Error("The study's code is not open yet.");
    return this.opened;
  }
}
