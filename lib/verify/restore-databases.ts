import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { Check } from '../../functions/contract/proof.ts';
import { expression, FAILURE } from '../platform/jsonata.ts';
import { fromWhere, type ProveProps, placeOf } from './prove-workflow.ts';
import { EMPTY_CHECK, onHost } from './restore-servers.ts';

const STORE = "$sealing, $plan.store, { 'source': $database.label }";
const OF_DATABASE = "{ 'database': $database.database }";
const SEALED = { sha256: expression('$stored.sha256'), bytes: expression('$stored.bytes') };

/** Restores the databases of one server, one after the other, and compares each with what was captured. */
export class RestoreDatabases extends Construct {
  readonly states: sfn.Map;
  private readonly props: ProveProps;

  constructor(scope: Construct, id: string, props: ProveProps) {
    super(scope, id);
    this.props = props;
    const { agents, documents } = props;
    const begin = sfn.Pass.jsonata(this, 'Remember which database it is', { assign: { database: expression('$states.input') } });

    const dumpUrl = this.presign('Give the host a way to the dump', 'dump');
    const list = onHost(this, props, 'List what the dump holds', {
      document: documents.listArchive,
      parameters: '$merge([$server.scratch, $databaseWay])',
      name: 'list',
    });
    const listed = this.record('Note what the dump holds', 'archive', {
      name: 'table of contents',
      expected: { readable: true },
      // An empty database has no entries; a list that cannot be read is a failed step.
      actual: { readable: true },
      message: expression(
        "$string($states.input.entries) & ' entries, ' & $string($states.input.tableData) & ' of them table data.'",
      ),
    });
    const restoreUrl = this.presign('Give the host the way once more', 'dump');
    const restore = onHost(this, props, 'Restore the database', {
      document: documents.restoreDatabase,
      parameters: `$merge([$server.scratch, ${OF_DATABASE}, $databaseWay])`,
      name: 'restore',
    });
    const restored = this.record('Note how it was restored', 'restore', {
      name: 'pg_restore',
      expected: SEALED,
      actual: { sha256: expression('$states.input.sha256'), bytes: expression('$states.input.bytes') },
      message: 'Restored without an error, from the bytes that were sealed.',
      restoreSeconds: expression('$states.input.restoreSeconds'),
      server: { version: expression('$scratch.version'), image: expression('$scratch.image') },
    });
    const schemaUrl = this.presign('Give the host a way to the schema', 'schema');
    const describe = onHost(this, props, 'Describe the restored schema', {
      document: documents.describeSchema,
      parameters: `$merge([$server.scratch, ${STORE}, ${OF_DATABASE}, $databaseWay])`,
      name: 'schema',
    });
    const compareSchema = agents.compareSchema.step(this, 'Compare the schema', {
      ...this.place(),
      artifacts: expression("[$states.input.artifacts.{ 'role': role, 'key': key }]"),
    });
    const rows = this.rows();
    const end = sfn.Pass.jsonata(this, 'Done with the database');
    const plainSql = sfn.Choice.jsonata(this, 'Was plain SQL stored, too?')
      .when(sfn.Condition.jsonata(expression('$database.plainSql')), this.plainSql(end))
      .otherwise(end);
    const cross = this.crossChecks();

    // What cannot be listed or restored has no schema and no rows to compare: their sections stay empty, which fails the proof too.
    this.onFailure([dumpUrl, list, listed], 'archive', 'Note the dump that cannot be listed', end);
    this.onFailure([restoreUrl, restore, restored], 'restore', 'Note the failed restore', end);
    this.onFailure([schemaUrl, describe, compareSchema], 'schema', 'Note the failed schema comparison', rows.first);
    this.onFailure(rows.all, 'table', 'Note the failed comparison of rows', cross.first);
    this.onFailure(cross.all, 'cross', 'Note the failed cross-checks', plainSql);

    dumpUrl
      .next(list)
      .next(listed)
      .next(restoreUrl)
      .next(restore)
      .next(restored)
      .next(schemaUrl)
      .next(describe)
      .next(compareSchema)
      .next(rows.first);
    rows.last.next(cross.first);
    cross.first.otherwise(plainSql);
    cross.last.next(plainSql);
    this.states = sfn.Map.jsonata(this, 'Restore every database', {
      items: sfn.ProvideItems.jsonata(expression('$server.databases')),
      maxConcurrency: 1,
      outputs: {},
    });
    this.states.itemProcessor(begin.next(dumpUrl));
  }

  /** In the host's network an agent asks the scratch, elsewhere a document; what was captured is read by another, which may open it. */
  private rows() {
    const { agents, documents } = this.props;
    const checks = expression('$database.checks');
    const compare = (fingerprintKey: string) =>
      agents.compareRows.step(this, 'Compare the rows', { ...this.place(), checks, fingerprintKey: expression(fingerprintKey) });
    if (agents.readRows) {
      const first = agents.readRows.step(this, 'Read the rows of the restored database', {
        ...this.place(),
        database: expression('$database.database'),
        mode: expression('$database.fingerprint'),
        checks,
        accessKey: expression('$access'),
      });
      const last = compare('$states.input.key');
      first.next(last);
      return { first, last, all: [first, last] };
    }
    const first = onHost(this, this.props, 'Take the fingerprint of the restored database', {
      document: documents.fingerprintScratch,
      parameters: `$merge([$server.scratch, ${STORE}, ${OF_DATABASE}, { 'fingerprint': $database.fingerprint, 'checks': $database.checkList }])`,
      name: 'fingerprint',
    });
    const last = compare('$states.input.artifacts[0].key');
    first.next(last);
    return { first, last, all: [first, last] };
  }

  /** Loads the plain SQL as one would by hand, into a database of its own, and compares what that holds. */
  private plainSql(end: sfn.IChainable): sfn.IChainable {
    const { agents, documents } = this.props;
    const copy = { copy: 'plain-sql' };
    const url = this.presign('Give the host a way to the plain SQL', 'plain-sql');
    const load = onHost(this, this.props, 'Load the plain SQL', {
      document: documents.loadPlainSql,
      parameters: `$merge([$server.scratch, ${STORE}, ${OF_DATABASE}, $databaseWay, { 'fingerprint': $database.fingerprint }])`,
      name: 'plain-sql',
      assign: { loaded: expression('$states.result.Output.result') },
    });
    const loaded = this.record('Note how the plain SQL was loaded', 'restore', {
      ...copy,
      name: 'plain SQL',
      expected: SEALED,
      actual: { sha256: expression('$loaded.sha256'), bytes: expression('$loaded.bytes') },
      message: expression(
        "'psql loaded it in ' & $string($loaded.seconds) & ' s without an error, from the bytes that were sealed.'",
      ),
    });
    const rows = agents.compareRows.step(this, 'Compare the rows of the plain SQL', {
      ...this.place(),
      ...copy,
      checks: [],
      fingerprintKey: expression("$loaded.artifacts[role = 'fingerprint'].key"),
    });
    const schema = agents.compareSchema.step(this, 'Compare the schema of the plain SQL', {
      ...this.place(),
      ...copy,
      artifacts: expression("[$loaded.artifacts[role != 'fingerprint'].{ 'role': role, 'key': key }]"),
    });
    this.onFailure([url, load, loaded], 'restore', 'Note the plain SQL that cannot be loaded', end, copy);
    this.onFailure([rows], 'table', 'Note the failed comparison of rows of the plain SQL', schema, copy);
    this.onFailure([schema], 'schema', 'Note the failed comparison of the schema of the plain SQL', end, copy);
    return url.next(load).next(loaded).next(rows).next(schema).next(end);
  }

  /** Paths that rows refer to are listed where the rows are, and looked for by an agent that reads the stored inventories. */
  private crossChecks() {
    const { agents, documents } = this.props;
    const list = onHost(this, this.props, 'List the files that rows refer to', {
      document: documents.listReferences,
      parameters: `$merge([$server.scratch, ${STORE}, ${OF_DATABASE}, { 'statements': $database.crossList }])`,
      name: 'references',
    });
    const last = agents.crossCheck.step(this, 'Look for the files that rows refer to', {
      ...this.place(),
      checks: expression('$database.crossChecks'),
      listKey: expression('$states.input.artifacts[0].key'),
    });
    const first = sfn.Choice.jsonata(this, 'Are its rows to be held against files?').when(
      sfn.Condition.jsonata(expression("$database.crossList != ''")),
      list.next(last),
    );
    return { first, last, all: [list, last] };
  }

  private presign(stateName: string, role: string): tasks.LambdaInvoke {
    const { suite } = this.props;
    const payload = {
      suite: suite.name,
      id: expression('$id'),
      ...fromWhere(suite),
      label: expression('$database.label'),
      role,
      key: expression('$key'),
    };
    return this.props.agents.presign.step(this, stateName, payload, {
      assign: { databaseWay: expression('$states.result.Payload.way'), stored: expression('$states.result.Payload') },
      outputs: {},
    });
  }

  private record(stateName: string, kind: Check['kind'], check: Record<string, unknown>): tasks.LambdaInvoke {
    return this.props.agents.recordCheck.step(this, stateName, { ...this.place(), kind, ...EMPTY_CHECK, ...check });
  }

  private onFailure(steps: sfn.TaskStateBase[], kind: Check['kind'], stateName: string, then: sfn.IChainable, more = {}): void {
    const note = this.record(stateName, kind, { name: stateName, failure: expression('$databaseFailure'), ...more });
    for (const step of steps) step.addCatch(note, { errors: ['States.ALL'], assign: { databaseFailure: FAILURE } });
    note.addCatch(then, { errors: ['States.ALL'] });
    note.next(then);
  }

  private place() {
    return { suite: this.props.suite.name, ...placeOf(this.props.suite), label: expression('$database.label') };
  }
}
