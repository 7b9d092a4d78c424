import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { expression } from '../platform/jsonata.ts';
import { eachItem, fork, fromOfPlan, note, onHost, presign, type RestoreParts } from './host-steps.ts';
import type { RestoreDocument } from './restore-documents.ts';

const ITEM = '$item.parameters';
const onItsWay = `$merge([${ITEM}, $way])`;
const FORWARD = `$merge([${ITEM}, { 'direction': 'forward' }])`;

/**
 * One item after the other: restored beside what is there, compared, put in its place. What is about to happen to an item is in the
 * journal before it does.
 */
export class RestoreItems extends Construct {
  readonly states: sfn.Map;
  private readonly parts: RestoreParts;
  private readonly end: sfn.Pass;
  private readonly changed: sfn.Fail;

  constructor(scope: Construct, id: string, parts: RestoreParts) {
    super(scope, id);
    this.parts = parts;
    this.end = sfn.Pass.jsonata(this, 'Done with the item', { outputs: {} });
    this.changed = sfn.Fail.jsonata(this, 'What was fetched is not what was sealed', {
      error: 'ArtifactChanged',
      cause: expression(
        "'The stored bytes of ' & $item.label & ' are not those that were sealed: nothing of them is put in place.'",
      ),
    });
    const begin = sfn.Pass.jsonata(this, 'Remember the item', {
      assign: {
        item: expression('$states.input'),
        oid: expression('$states.input.parameters.oid'),
        old: expression('$states.input.parameters.old'),
        writes: expression('[$states.input.writes]'),
        subscriptions: expression('[$states.input.subscriptions]'),
      },
    });
    const database = this.database();
    const tree = this.tree();
    const whichKind = sfn.Choice.jsonata(this, 'How far did it come, and what is it?');
    const when = (condition: string, next: sfn.IChainable) => whichKind.when(sfn.Condition.jsonata(expression(condition)), next);
    when("$item.reached = 'swapped'", this.end);
    when("$item.kind = 'globals'", this.roles());
    when("$item.kind = 'tables'", this.tables());
    when("$item.kind = 'database' and $item.reached = 'swapping'", database.swap);
    when("$item.kind = 'database'", database.first);
    when("$item.reached = 'swapping'", tree.swap);
    this.states = eachItem(this, 'Restore every item', '$plan.items', begin.next(whichKind.otherwise(tree.first)), {});
  }

  private roles(): sfn.IChainable {
    const way = presign(this, this.parts, 'Give the host a way to the roles', 'globals');
    const create = this.onHost('Create the roles that are missing', 'create-roles', onItsWay);
    const noted = note(this, this.parts, 'Note that the roles are there', this.entry('swapped', '$states.input'));
    way.next(create);
    create.next(this.sameBytes('Are these the sealed roles?', 'bytes', noted));
    noted.next(this.end);
    return way;
  }

  private database(): { first: sfn.IChainable; swap: sfn.IChainable } {
    const { suite, agents } = this.parts;
    const touching = note(this, this.parts, 'Note that a new database is made', this.entry('touching'));
    const way = presign(this, this.parts, 'Give the host a way to the dump', 'dump');
    const restore = onHost(this, this.parts, 'Restore the database beside the old', {
      document: 'restore-database-beside',
      from: onItsWay,
      assign: {
        oid: expression('$states.result.Output.result.oid'),
        old: expression('$states.result.Output.result.old'),
        writes: expression('[$states.result.Output.result.writes]'),
        subscriptions: expression('[$states.result.Output.result.subscriptions]'),
      },
    });
    const fingerprint = this.onHost(
      'Take the fingerprint of the new database',
      'fingerprint-database',
      `$merge([${ITEM}, { 'database': ${ITEM}.beside }])`,
    );
    const compare = agents.compareDatabase.step(this, 'Compare the new database with the point', {
      suite: suite.name,
      id: expression('$point'),
      ...fromOfPlan(suite),
      label: expression('$item.label'),
      fingerprintKey: expression('$states.input.artifacts[0].key'),
    });
    const swapping = note(
      this,
      this.parts,
      'Note that the databases are about to swap',
      this.entry('swapping', "{ 'oid': $oid, 'old': $old, 'writes': $writes, 'subscriptions': $subscriptions }"),
    );
    const swap = this.onHost('Swap the databases', 'swap-database', `$merge([${FORWARD}, { 'oid': $oid, 'old': $old }])`);
    const swapped = note(this, this.parts, 'Note that the databases are swapped', this.entry('swapped', '$states.input'));
    touching.next(way).next(restore);
    restore.next(this.sameBytes('Is this the sealed dump?', 'bytes', fingerprint));
    fingerprint.next(compare).next(swapping).next(swap).next(swapped).next(this.end);
    return { first: touching, swap: swapping };
  }

  private tables(): sfn.IChainable {
    const touching = note(this, this.parts, 'Note that tables are restored', this.entry('touching'));
    const way = presign(this, this.parts, 'Give the host a way to the tables', 'dump');
    // The document changes the live database in one transaction: it may have happened from here on.
    const swapping = note(this, this.parts, 'Note that the tables are about to change', this.entry('swapping'));
    const restore = this.onHost('Restore the tables', 'restore-tables', onItsWay);
    const swapped = note(this, this.parts, 'Note that the tables are restored', this.entry('swapped', '$states.input'));
    touching.next(way).next(swapping).next(restore);
    restore.next(this.sameBytes('Are these the sealed tables?', 'bytes', swapped));
    swapped.next(this.end);
    return touching;
  }

  private tree(): { first: sfn.IChainable; swap: sfn.IChainable } {
    const { suite, agents } = this.parts;
    const touching = note(this, this.parts, 'Note that files are unpacked', this.entry('touching'));
    const way = presign(this, this.parts, 'Give the host a way to the archive', 'archive');
    const restore = this.onHost('Restore the files beside the old', 'restore-tree-beside', onItsWay);
    const list = this.onHost('List the new files', 'list-tree', `$merge([${ITEM}, { 'where': 'stage' }])`);
    const compare = agents.compareTree.step(this, 'Compare the new files with the point', {
      suite: suite.name,
      id: expression('$point'),
      ...fromOfPlan(suite),
      label: expression('$item.label'),
      inventoryKey: expression('$states.input.artifacts[0].key'),
      paths: expression(`${ITEM}.paths`),
    });
    const swapping = note(this, this.parts, 'Note that the files are about to swap', this.entry('swapping'));
    const swap = this.onHost('Swap the files', 'swap-tree', FORWARD);
    const swapped = note(this, this.parts, 'Note that the files are swapped', this.entry('swapped', '$states.input'));
    const written = note(this, this.parts, 'Note that the files are written', this.entry('swapped'));
    const hasPlace = fork(this, 'Do they take the place of others?', '$item.swaps', list, written);
    touching.next(way).next(restore);
    restore.next(this.sameBytes('Is this the sealed archive?', 'storedBytes', hasPlace));
    list.next(compare).next(swapping).next(swap).next(swapped).next(this.end);
    written.next(this.end);
    return { first: touching, swap: swapping };
  }

  private onHost(stateName: string, document: RestoreDocument, from: string): tasks.StepFunctionsStartExecution {
    return onHost(this, this.parts, stateName, { document, from });
  }

  private entry(phase: string, result?: string) {
    return { item: expression('$item.item'), phase, ...(result ? { result: expression(result) } : {}) };
  }

  /** What the host hashed on the way must be what was sealed: a dump that was changed since its proof is never put in place. */
  private sameBytes(stateName: string, bytes: 'bytes' | 'storedBytes', next: sfn.IChainable): sfn.Choice {
    const same = `$states.input.sha256 = $stored.sha256 and $states.input.${bytes} = $stored.bytes`;
    return fork(this, stateName, same, next, this.changed);
  }
}
