/** Lists the commands to type on a node's server, in order. docs/agent.md explains each. */
export function joinCommands(join: {
  node: string;
  token: string;
  gatewayUrl: string;
  isAgain: boolean;
}): { what: string; command: string }[] {
  const agent = 'sudo -u postgres --preserve-env=FARSHORE_AGENT_JOIN_TOKEN node /usr/lib/farshore/farshore-agent.cjs';
  return [
    {
      what: 'On the PostgreSQL server, as an administrator: pass the token in the environment, so that it is not in the process list.',
      command: `export FARSHORE_AGENT_JOIN_TOKEN=${join.token}`,
    },
    {
      what: `Join as ${join.node}, as the OS user of PostgreSQL.`,
      command: `${agent} join --controller ${join.gatewayUrl} --node ${join.node}${join.isAgain ? ' --force' : ''}`,
    },
    {
      what: 'Check grants, settings, directories and the connection to the controller.',
      command: 'sudo -u postgres node /usr/lib/farshore/farshore-agent.cjs check',
    },
    {
      what: join.isAgain ? 'Restart the agent.' : 'Start the agent.',
      command: join.isAgain ? 'systemctl restart farshore-agent' : 'systemctl enable --now farshore-agent',
    },
  ];
}
