/** What to type on the server of a node, in order. docs/agent.md explains each. */
export function joinCommands(join: {
  node: string;
  token: string;
  gatewayUrl: string;
  isAgain: boolean;
}): { what: string; command: string }[] {
  const agent = 'sudo -u postgres --preserve-env=FARSHORE_AGENT_JOIN_TOKEN node /usr/lib/farshore/farshore-agent.cjs';
  return [
    {
      what: 'On the PostgreSQL server, as an administrator: hand the token over without leaving it in the list of processes.',
      command: `export FARSHORE_AGENT_JOIN_TOKEN=${join.token}`,
    },
    {
      what: `Join as ${join.node}, as the OS user of PostgreSQL.`,
      command: `${agent} join --controller ${join.gatewayUrl} --node ${join.node}${join.isAgain ? ' --force' : ''}`,
    },
    {
      what: 'Check grants, settings, directories and the way to the controller.',
      command: 'sudo -u postgres node /usr/lib/farshore/farshore-agent.cjs check',
    },
    {
      what: join.isAgain ? 'Start the agent anew.' : 'Start the agent.',
      command: join.isAgain ? 'systemctl restart farshore-agent' : 'systemctl enable --now farshore-agent',
    },
  ];
}
